//! The lines for Keycloak's command line, run as they are printed.

use std::path::Path;

use portcullis_keycloak_suite::{Client, Distribution, SUITE};
use serde_json::json;
use tokio::process::Command;

use super::{Doctor, scene::cure};
use crate::environment::run;

/// Where `kcadm.sh` is; where it is not, that is said, and fails where it counts.
async fn kcadm() -> Option<std::path::PathBuf> {
    let distribution = Distribution::find().await.unwrap();
    let program = distribution.program("kcadm.sh");
    if program.is_none() {
        let skipped = SUITE.skip("no kcadm.sh outside of the container");
        skipped.unwrap_or_else(|line| panic!("{line}"));
    }
    program
}

/// Runs those of the lines that are commands, with the password that the first one asks for.
async fn mend(kcadm: &Path, lines: &[String]) {
    let commands = lines.iter().filter(|line| line.contains("kcadm.sh "));
    let commands: Vec<_> = commands.map(String::as_str).collect();
    assert_eq!(commands.len(), 3, "{lines:#?}");
    let script = commands
        .join("\n")
        .replacen("--user admin", "--user admin --password admin", 1);
    let home = SUITE.run_dir().unwrap().join("kcadm");
    std::fs::create_dir_all(&home).unwrap();
    let path = std::env::var("PATH").unwrap();
    let bin = kcadm.parent().unwrap().display();
    let mut shell = Command::new("sh");
    shell.args(["-e", "-c", &script]);
    shell.env("HOME", home).env("PATH", format!("{bin}:{path}"));
    let output = shell.output().await.unwrap();
    assert!(output.status.success(), "{script}: {output:?}");
}

/// With a name that a shell would make much of.
#[test]
fn lines_to_copy_mend_what_is_wrong() {
    run(async |env| {
        let Some(kcadm) = kcadm().await else {
            return;
        };
        let front_end = Client::public("doctor's $(web) \"client\"");
        let changes = json!({
            "protocolMappers": [],
            "attributes": {"access.token.signed.response.alg": "HS256"},
        });
        env.front_end(front_end.id, "orders-api", changes).await;
        let user = env.user("doctor-kcadm", &[]).await;
        for (id, cause) in [
            ("token.algorithm", "symmetric_algorithm"),
            ("token.audience", "missing_audience_mapper"),
        ] {
            let tokens = env.shop.log_in(front_end, &user).await.unwrap();
            let doctor = Doctor::at(env.shop.issuer()).token(&tokens.access);
            let report = doctor.assert_first_wrong(id, cause).await;
            mend(&kcadm, &cure(&report, id)).await;
        }
        let tokens = env.shop.log_in(front_end, &user).await.unwrap();
        let doctor = Doctor::at(env.shop.issuer()).token(&tokens.access);
        doctor.assert_nothing_wrong().await;
    });
}
