//! Programs under test, with a shell in their place.
#![cfg(all(test, unix, feature = "program"))]

use portcullis_testing::{Program, ProgramBuilder, ProgramError};

fn shell(script: &str) -> ProgramBuilder {
    Program::at("/bin/sh").arg("-c").arg(script)
}

#[tokio::test]
async fn lines_are_found_in_their_order_and_others_passed_over() {
    let script = "echo starting; echo listening on a; echo listening on b; read never";
    let mut program = shell(script).start().unwrap();
    assert_eq!(program.line_after("listening on ").await.unwrap(), "a");
    assert_eq!(program.line_after("listening on ").await.unwrap(), "b");
}

#[tokio::test]
async fn one_that_ends_without_the_line_is_told_with_its_log() {
    let mut program = shell("echo other; echo why >&2").start().unwrap();
    let error = program.line_after("listening on ").await.unwrap_err();
    assert!(matches!(error, ProgramError::Unsaid { .. }), "{error}");
    let (status, said, log) = program.end().await.unwrap();
    assert!(status.success());
    assert_eq!((said.as_str(), log.as_str()), ("other\n", "why\n"));
}

#[tokio::test]
async fn its_environment_is_what_it_was_given() {
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    let script = "echo \"is $NAME\"; echo \"is $CARGO_MANIFEST_DIR\"; exit 3";
    let program = shell(script).env("NAME", "ali").start().unwrap();
    let (status, said, _) = program.end().await.unwrap();
    assert_eq!(status.code(), Some(3));
    assert_eq!(said, "is ali\nis \n");
}

#[tokio::test]
async fn one_that_writes_more_than_a_pipe_holds_goes_on() {
    let script = "i=0; while [ $i -lt 3000 ]; do \
                  echo 'a line of some length, again and again' >&2; i=$((i+1)); done; \
                  echo done; exec sleep 1000";
    let mut program = shell(script).start().unwrap();
    assert_eq!(program.line_after("do").await.unwrap(), "ne");
    let log = program.kill().await.unwrap();
    assert_eq!(log.lines().count(), 3000);
}

#[tokio::test]
async fn one_that_is_asked_to_stop_may_say_a_last_word() {
    let script = "trap 'echo bye; exit 4' TERM; echo ready; while :; do sleep 0.01; done";
    let mut program = shell(script).start().unwrap();
    program.line_after("ready").await.unwrap();
    program.terminate().unwrap();
    let (status, said, _) = program.end().await.unwrap();
    assert_eq!((status.code(), said.as_str()), (Some(4), "ready\nbye\n"));
}

#[tokio::test]
async fn one_that_is_not_there_is_told() {
    let started = Program::at("/nowhere/program").start();
    assert!(matches!(started, Err(ProgramError::Start { .. })));
}
