//! The program where it cannot start. What it does once it has is in the project's own suite, with a real nginx.
#![cfg(test)]

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt};

use portcullis_testing::{Program, ProgramBuilder};
use tempfile::TempDir;

/// The template's folder, with a gateway at whatever port is free.
fn folder() -> TempDir {
    let own = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let settings = fs::read_to_string(own.join("gateway.toml")).unwrap();
    let settings = settings
        .replace("127.0.0.1:9180", "127.0.0.1:0")
        .replace("127.0.0.1:9181", "127.0.0.1:0");
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("gateway.toml"), settings).unwrap();
    fs::copy(own.join("nginx.conf"), folder.path().join("nginx.conf")).unwrap();
    folder
}

fn program(folder: &TempDir) -> ProgramBuilder {
    Program::at(env!("CARGO_BIN_EXE_gateway-nginx"))
        .arg(folder.path())
        .env("CLIENT_SECRET", "orders-secret")
}

/// How it says that it cannot.
async fn refusal(program: ProgramBuilder) -> String {
    let (status, said, log) = program.start().unwrap().end().await.unwrap();
    assert!(!status.success(), "{log}");
    assert!(!said.contains("send requests"), "{said}");
    let errors = log.lines().filter_map(|line| line.strip_prefix("error: "));
    errors.collect()
}

fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

#[tokio::test]
async fn where_there_is_no_nginx_it_says_how_to_install_it() {
    let folder = folder();
    let program = program(&folder).env("LISTEN", free_address());
    let error = refusal(program.env("PATH", folder.path())).await;
    assert!(error.starts_with("there is no nginx"), "{error}");
    assert!(error.contains("apt-get install nginx"), "{error}");
}

#[tokio::test]
async fn nginx_is_not_given_the_secret() {
    const TELLS: &str =
        "#!/bin/sh\necho \"error: it has ${CLIENT_SECRET-nothing}; \" >&2\nexit 1\n";
    let folder = folder();
    let nginx = folder.path().join("nginx");
    fs::write(&nginx, TELLS).unwrap();
    fs::set_permissions(&nginx, fs::Permissions::from_mode(0o755)).unwrap();
    let program = program(&folder).env("LISTEN", free_address());
    let error = refusal(program.env("PATH", folder.path())).await;
    assert!(
        error.starts_with("it has nothing; nginx did not"),
        "{error}"
    );
}

#[tokio::test]
async fn where_the_port_is_taken_it_says_whose_it_is_to_choose() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = folder();
    let error = refusal(program(&folder).env("LISTEN", &address)).await;
    assert!(error.starts_with(&format!("LISTEN={address}: ")), "{error}");
}

#[tokio::test]
async fn what_cannot_be_used_is_named() {
    let folder = folder();
    for (program, words) in [
        (program(&folder).env("LISTEN", "8000"), "LISTEN=\"8000\""),
        (
            program(&folder).env("UPSTREAM", "service"),
            "UPSTREAM=\"service\"",
        ),
        (program(&folder).arg("another"), "give one folder"),
        (program(&folder).env("CLIENT_SECRET", ""), "[issuer]"),
    ] {
        let error = refusal(program).await;
        assert!(error.contains(words), "{error}");
    }
    fs::write(folder.path().join("gateway.toml"), "[forward_auth]\n").unwrap();
    let error = refusal(program(&folder)).await;
    assert!(error.contains("gateway.toml"), "{error}");
}
