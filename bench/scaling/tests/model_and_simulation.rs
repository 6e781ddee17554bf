//! The model says what the simulation counts.

use portcullis_bench_scaling::{Asking, Fleet, estimate, simulate};

const LIFE: f64 = 300.0;

fn fleet(replicas: u32, tokens: u32, requests_per_second: f64) -> Fleet {
    Fleet {
        replicas,
        requests_per_second,
        tokens,
        life: LIFE,
    }
}

/// Busy and idle tokens, few and many replicas.
fn fleets() -> Vec<Fleet> {
    vec![
        fleet(1, 500, 500.0),
        fleet(10, 1_000, 100.0),
        fleet(10, 200, 2_000.0),
        fleet(100, 1_000, 1_000.0),
        fleet(100, 100, 3_000.0),
        fleet(1_000, 200, 2_000.0),
    ]
}

#[track_caller]
fn assert_near(what: &str, fleet: &Fleet, model: f64, counted: f64, per_cent: f64) {
    let off = (model - counted).abs() / counted.abs().max(1e-9) * 100.0;
    assert!(
        off <= per_cent,
        "{what} of {fleet:?}: the model says {model:.3}, counted were {counted:.3}: {off:.1} % off"
    );
}

#[test]
fn calls_are_as_many_as_the_model_says() {
    for fleet in fleets() {
        for asking in [
            Asking::EachReplica(30.0),
            Asking::EachReplica(10.0),
            Asking::Shared(30.0),
            Asking::Shared(10.0),
        ] {
            let (model, counted) = (estimate(&fleet, asking), simulate(&fleet, asking, 4.0, 1));
            assert_near("calls", &fleet, model.calls, counted.calls, 3.0);
        }
        let always = simulate(&fleet, Asking::Always, 1.0, 1);
        let model = estimate(&fleet, Asking::Always);
        assert_near("calls", &fleet, model.calls, always.calls, 3.0);
        assert_eq!(simulate(&fleet, Asking::Never, 1.0, 1).calls, 0.0);
    }
}

#[test]
fn replicas_see_as_many_tokens_as_the_model_says() {
    for fleet in fleets() {
        let counted = simulate(&fleet, Asking::Never, 4.0, 2);
        let model = estimate(&fleet, Asking::Never);
        let (modelled, seen) = (model.tokens_per_replica, counted.tokens_per_replica);
        assert_near("tokens per replica", &fleet, modelled, seen, 6.0);
        let (modelled, seen) = (model.first_sights, counted.first_sights);
        assert_near("first sights", &fleet, modelled, seen, 3.0);
    }
}

#[test]
fn ended_sessions_are_served_as_long_as_the_model_says() {
    for fleet in fleets() {
        for asking in [
            Asking::Never,
            Asking::EachReplica(30.0),
            Asking::EachReplica(10.0),
            Asking::Shared(30.0),
        ] {
            let (model, counted) = (estimate(&fleet, asking), simulate(&fleet, asking, 4.0, 3));
            assert_near("the gap", &fleet, model.mean_gap, counted.mean_gap, 8.0);
            assert!(counted.worst_gap <= model.worst_gap, "{fleet:?} {asking:?}");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let fleet = fleet(10, 100, 100.0);
    let run = || simulate(&fleet, Asking::EachReplica(10.0), 1.0, 9);
    assert_eq!(run(), run());
}
