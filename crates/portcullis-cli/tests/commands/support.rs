use std::{
    env, fs,
    path::PathBuf,
    process::{self, Stdio},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis_testing::AuthorizationServer;
use serde_json::Value;
use tokio::{io::AsyncWriteExt, process::Command};

/// What a command has printed, and how it has ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// The JSON that it has printed.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// Whatever it has printed does not have this.
    #[track_caller]
    pub(crate) fn assert_never_says(&self, secret: &str) {
        let both = format!("{}{}", self.stdout, self.stderr);
        assert!(!both.contains(secret), "{self:#?}");
    }
}

/// Runs a command of the program with this on its standard input.
pub(crate) async fn portcullis(arguments: &[&str], stdin: &str) -> Run {
    portcullis_with(arguments, stdin, &[]).await
}

/// The same with variables in its environment, which has no others.
pub(crate) async fn portcullis_with(
    arguments: &[&str],
    stdin: &str,
    environment: &[(&str, &str)],
) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // One that wants no input may have ended before.
    let _ = input.write_all(stdin.as_bytes()).await;
    drop(input);
    let output = child.wait_with_output().await.unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A token that nobody has signed.
pub(crate) fn jwt(header: &Value, payload: &Value) -> String {
    raw_jwt(&header.to_string(), &payload.to_string())
}

/// The same with texts that may be anything.
pub(crate) fn raw_jwt(header: &str, payload: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let signature = URL_SAFE_NO_PAD.encode([7; 256]);
    format!("{}.{}.{signature}", part(header), part(payload))
}

/// The doctor at work on a server.
pub(crate) struct Doctor<'a> {
    issuer: String,
    arguments: Vec<String>,
    secret: Option<String>,
    token: Option<String>,
    server: std::marker::PhantomData<&'a AuthorizationServer>,
}

impl<'a> Doctor<'a> {
    /// For the audience `orders-api`.
    pub(crate) fn at(server: &'a AuthorizationServer) -> Self {
        Self::for_issuer(server.issuer())
    }

    pub(crate) fn for_issuer(issuer: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            arguments: vec!["--audience".to_owned(), "orders-api".to_owned()],
            secret: None,
            token: None,
            server: std::marker::PhantomData,
        }
    }

    pub(crate) fn arguments(mut self, more: &[&str]) -> Self {
        self.arguments
            .extend(more.iter().map(|it| (*it).to_owned()));
        self
    }

    /// With a client and its secret.
    pub(crate) fn client(mut self, id: &str, secret: &str) -> Self {
        self.secret = Some(secret.to_owned());
        self.arguments(&["--client-id", id, "--client-secret-env", "SECRET"])
    }

    pub(crate) fn token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self.arguments(&["--token", "-"])
    }

    /// What he has found. Neither secret nor token is ever printed.
    pub(crate) async fn examine(self) -> Examined {
        Examined {
            report: self.run(&["--json"]).await.json(),
        }
    }

    /// What he has printed.
    pub(crate) async fn run(&self, more: &[&str]) -> Run {
        let mut arguments = vec!["doctor", "--issuer", &self.issuer];
        arguments.extend(self.arguments.iter().map(String::as_str));
        arguments.extend(more);
        let secret = self.secret.as_deref();
        let environment: Vec<_> = secret
            .into_iter()
            .map(|secret| ("SECRET", secret))
            .collect();
        let stdin = self.token.as_deref().unwrap_or_default();
        let run = portcullis_with(&arguments, stdin, &environment).await;
        if let Some(secret) = secret {
            run.assert_never_says(secret);
        }
        if let Some(token) = &self.token {
            run.assert_never_says(token);
            let signature = token.rsplit('.').next().unwrap_or_default();
            run.assert_never_says(signature);
        }
        run
    }
}

/// The report of the doctor.
#[derive(Debug)]
pub(crate) struct Examined {
    report: Value,
}

impl Examined {
    /// Asserts what the first ✗ is: the check and its cause.
    #[track_caller]
    pub(crate) fn assert_first_wrong(&self, id: &str, cause: &str) {
        let first = &self.report["first_wrong"];
        assert_eq!(
            (&first["id"], &first["cause"]),
            (&id.into(), &cause.into()),
            "{self:#?}"
        );
    }

    /// Asserts that nothing is wrong.
    #[track_caller]
    pub(crate) fn assert_nothing_wrong(&self) {
        assert_eq!(self.report["first_wrong"], Value::Null, "{self:#?}");
        assert_eq!(self.report["exit_code"], 0, "{self:#?}");
    }

    #[track_caller]
    pub(crate) fn assert_exit_code(&self, code: u8) {
        assert_eq!(self.report["exit_code"], code, "{self:#?}");
    }

    /// The only check of this name.
    #[track_caller]
    pub(crate) fn check(&self, id: &str) -> &Value {
        let mut checks = self.checks(id);
        let check = checks
            .next()
            .unwrap_or_else(|| panic!("no {id}: {self:#?}"));
        assert!(checks.next().is_none(), "{id}: {self:#?}");
        check
    }

    pub(crate) fn checks(&self, id: &str) -> impl Iterator<Item = &Value> {
        let checks = self.report["checks"].as_array().unwrap().iter();
        checks.filter(move |check| check["id"] == id)
    }

    /// Asserts mark and cause of a check.
    #[track_caller]
    pub(crate) fn assert_check(&self, id: &str, mark: &str, cause: Option<&str>) {
        let check = self.check(id);
        assert_eq!(check["mark"], mark, "{self:#?}");
        assert_eq!(check["cause"].as_str(), cause, "{self:#?}");
    }

    /// The lines of what to do.
    pub(crate) fn cure(&self, id: &str) -> String {
        let lines = self.check(id)["cure"].as_array().cloned();
        let lines = lines.unwrap_or_default().into_iter();
        let lines: Vec<_> = lines
            .map(|line| line.as_str().unwrap().to_owned())
            .collect();
        lines.join("\n")
    }
}

/// A folder of a test's own, which goes when it is over.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// The folder of the test that calls itself so.
    pub(crate) fn of(test: &str) -> Self {
        let path = env::temp_dir().join(format!("portcullis-{test}-{}", process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Puts a file in; where it is.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left lies where nobody keeps anything.
        let _ = fs::remove_dir_all(&self.0);
    }
}
