//! gRPC-Web by npm's Connect, a client of another make, over HTTP/1.1 and HTTP/2.

use std::{fs, process::Stdio};

use portcullis_conformance::until;
use portcullis_grpc_suite::{Connect, SUITE, SuiteError};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    sync::OnceCell,
};

use crate::{
    shop::proto::INTERFACE,
    web::{Outer, Web},
};

const VERSIONS: [&str; 2] = ["1.1", "2"];

/// `None` where it cannot be had, which is said aloud and is a failure under `CI=true`.
async fn connect() -> Option<&'static Connect> {
    static CONNECT: OnceCell<Connect> = OnceCell::const_new();
    match CONNECT.get_or_try_init(Connect::prepare).await {
        Ok(connect) => Some(connect),
        Err(SuiteError::Unavailable(reason)) => {
            SUITE.skip(&reason).unwrap_or_else(|line| panic!("{line}"));
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// A call that is under way.
struct Call {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Call {
    fn begin(connect: &Connect, web: &Web, http: &str, method: &str, token: Option<&str>) -> Self {
        let interface = SUITE
            .run_dir()
            .unwrap()
            .join(format!("interface-{}.bin", web.address().port()));
        fs::write(&interface, INTERFACE).unwrap();
        let url = format!("http://{}", web.address());
        let mut command: Command = connect.call(&interface, [&url, http, method], token).into();
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next that it tells; `None` once it has told everything.
    async fn told(&mut self) -> Option<Value> {
        let line = self.lines.next_line().await.unwrap()?;
        Some(serde_json::from_str(&line).unwrap())
    }

    /// How it ends: the trailers, or the error.
    async fn ends(mut self) -> Value {
        let end = self.told().await.unwrap();
        assert_eq!(self.told().await, None, "after {end}");
        assert!(self.child.wait().await.unwrap().success());
        end
    }
}

/// How a refused call ends. Over HTTP/1.1 the server refuses before it has read the message and closes; Node.js
/// that still writes then takes the connection for broken and reads no answer. It asks again, as whoever uses it
/// would.
async fn refused(
    connect: &Connect,
    web: &Web,
    [http, method]: [&str; 2],
    token: Option<&str>,
) -> Value {
    const LOST: [&str; 2] = ["EPIPE", "ECONNRESET"];
    let mut end = Value::Null;
    for _ in 0..100 {
        end = Call::begin(connect, web, http, method, token).ends().await;
        let said = end["error"]["message"].as_str().unwrap_or_default();
        if http == "2" || !LOST.iter().any(|lost| said.contains(lost)) {
            break;
        }
    }
    end
}

#[tokio::test]
async fn u8_connect_hears_the_method_and_its_trailers() {
    let Some(connect) = connect().await else {
        return;
    };
    for outer in [Outer::Table, Outer::Web] {
        let web = Web::start(outer).await;
        let (_, token) = web.login();
        for http in VERSIONS {
            let mut call = Call::begin(connect, &web, http, "List", Some(&token));
            let message = call.told().await.unwrap();
            let case = format!("{outer:?} {http}");
            assert_eq!(message["message"]["text"], "ali", "{case}: {message}");
            let end = call.ends().await;
            assert!(end["trailers"].is_object(), "{case}: {end}");
        }
    }
}

#[tokio::test]
async fn u8_connect_is_refused_in_grpc_web_and_reads_the_challenge() {
    let Some(connect) = connect().await else {
        return;
    };
    for outer in [Outer::Table, Outer::Web] {
        let web = Web::start(outer).await;
        let (_, token) = web.login();
        let (bad, good) = (Some("bad"), Some(&*token));
        for (http, method, token, name, challenge) in [
            (
                "1.1",
                "List",
                None,
                "Unauthenticated",
                "Bearer realm=\"api\"",
            ),
            ("2", "List", None, "Unauthenticated", "Bearer realm=\"api\""),
            (
                "1.1",
                "List",
                bad,
                "Unauthenticated",
                "error=\"invalid_token\"",
            ),
            (
                "2",
                "Close",
                good,
                "PermissionDenied",
                "error=\"insufficient_scope\"",
            ),
            (
                "1.1",
                "Export",
                good,
                "PermissionDenied",
                "scope=\"export\"",
            ),
            (
                "2",
                "Refund",
                good,
                "PermissionDenied",
                "error=\"insufficient_scope\"",
            ),
        ] {
            let end = refused(connect, &web, [http, method], token).await;
            let (error, case) = (&end["error"], format!("{outer:?} {http} {method}: {end}"));
            assert_eq!(error["name"], name, "{case}");
            assert_ne!(error["message"], "", "{case}");
            let said = error["metadata"]["www-authenticate"].as_str();
            assert!(said.is_some_and(|said| said.contains(challenge)), "{case}");
        }
        assert_eq!(web.calls(), 0, "{outer:?}: a method was reached");
    }
}

#[tokio::test]
async fn u8_a_stream_that_connect_reads_ends_with_its_token() {
    let Some(connect) = connect().await else {
        return;
    };
    for (outer, http) in [(Outer::Table, "1.1"), (Outer::Web, "2")] {
        let web = Web::start(outer).await;
        let (session, token) = web.login();
        let mut call = Call::begin(connect, &web, http, "Watch", Some(&token));
        web.says("begun").await;
        let message = call.told().await.unwrap();
        assert_eq!(message["message"]["text"], "begun", "{message}");
        web.hears_of(&session).await;
        let end = call.ends().await;
        let case = format!("{outer:?} {http}: {end}");
        assert_eq!(end["error"]["name"], "Unauthenticated", "{case}");
        let challenge = end["error"]["metadata"]["www-authenticate"].as_str();
        let says_why = challenge.is_some_and(|it| it.contains("error=\"invalid_token\""));
        assert!(says_why, "{case}");
        until(|| web.is_quiet()).await;
    }
}
