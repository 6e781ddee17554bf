use std::process::Stdio;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
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
