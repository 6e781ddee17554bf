//! Some schedules: always the same, and others each time. `cargo xtask proof model` plays a million.

use portcullis_model::{found, play, run};

const SCHEDULES: u64 = 1_000;

#[test]
fn the_promises_hold_in_the_same_schedules() {
    assert_holds(1);
}

#[test]
fn the_promises_hold_in_others_each_time() {
    assert_holds(fastrand::u64(..1 << 48));
}

/// Those that broke a promise once.
#[test]
fn the_promises_hold_where_they_did_not() {
    for (story, schedule) in found() {
        if let Err(violation) = play(&schedule) {
            panic!("{story}: {violation}");
        }
    }
}

fn assert_holds(seed: u64) {
    let run = run(seed, SCHEDULES);
    assert!(run.failures.is_empty(), "{run}");
    // It was worth it: everything that can be answered was.
    let figures = run.figures;
    for answers in [figures.accepted, figures.refused, figures.unavailable] {
        assert!(answers > SCHEDULES / 10, "seed {seed}: {figures:?}");
    }
}
