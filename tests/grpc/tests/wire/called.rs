//! Calls by grpcurl.

use std::process::Stdio;

use portcullis_grpc_suite::{Grpcurl, SUITE, SuiteError};
use tokio::process::Command;

use crate::served::Served;

/// `None` where it cannot be had, which is said aloud and is a failure under `CI=true`.
pub(crate) async fn grpcurl() -> Option<Grpcurl> {
    let found = tokio::task::spawn_blocking(Grpcurl::prepare).await.unwrap();
    match found {
        Ok(grpcurl) => Some(grpcurl),
        Err(SuiteError::Unavailable(reason)) => {
            SUITE.skip(&reason).unwrap_or_else(|line| panic!("{line}"));
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// What grpcurl has made of a call.
#[derive(Debug)]
pub(crate) struct Heard {
    /// The status of gRPC.
    pub(crate) code: i32,
    /// Everything that it says.
    pub(crate) said: String,
}

/// What it ends with when the call did not: its own number and the status.
pub(crate) const CALL_FAILED: i32 = 64;

/// A call of one of the shop's methods with this metadata, yet to be made.
pub(crate) fn command(
    grpcurl: &Grpcurl,
    served: &Served,
    method: &str,
    metadata: &[&str],
) -> Command {
    let mut command = Command::new(grpcurl.program());
    command.args(["-plaintext", "-v", "-max-time", "60"]);
    for line in metadata {
        command.args(["-H", line]);
    }
    command
        .args(["-d", r#"{"text":"hello"}"#])
        .arg(served.address.to_string())
        .arg(format!("shop.v1.Orders/{method}"))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// The same, made.
pub(crate) async fn call(
    grpcurl: &Grpcurl,
    served: &Served,
    method: &str,
    metadata: &[&str],
) -> Heard {
    let output = command(grpcurl, served, method, metadata).output().await;
    let output = output.unwrap();
    let exit = output.status.code().unwrap();
    Heard {
        code: if exit == 0 { 0 } else { exit - CALL_FAILED },
        said: [output.stdout, output.stderr]
            .map(|said| String::from_utf8(said).unwrap())
            .concat(),
    }
}

impl Heard {
    #[track_caller]
    pub(crate) fn assert(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, code, "{self:?}");
        for word in words {
            assert!(self.said.contains(word), "{word}: {self:?}");
        }
    }

    /// The one value of a metadata entry.
    #[track_caller]
    pub(crate) fn only(&self, name: &str) -> &str {
        let lines = self.said.lines().filter_map(|line| line.split_once(": "));
        let values: Vec<_> = lines.filter(|(own, _)| *own == name).collect();
        let [(_, value)] = values[..] else {
            panic!("{name}: {self:?}")
        };
        value
    }
}

/// The metadata that a token is presented in.
pub(crate) fn bearer(token: &str) -> String {
    format!("authorization: Bearer {token}")
}
