use super::*;

const BOUND: Duration = Duration::from_secs(3600);
const CERTAIN: Evidence = Evidence::Certain(Symptom::SILENCE);

fn failed(now: Instant, times: u32, evidence: Evidence) -> Breaker {
    let breaker = Breaker::new(BOUND);
    for _ in 0..times {
        breaker.note_failure(now, evidence);
    }
    breaker
}

fn trial(breaker: &Breaker, now: Instant) -> Trial<'_> {
    match breaker.way(now, false) {
        Way::Trial(trial) => trial,
        way => panic!("{way:?}"),
    }
}

#[test]
fn failures_in_a_row_open_it_and_an_answer_between_them_does_not_let_them() {
    let now = Instant::now();
    let breaker = Breaker::new(BOUND);
    for _ in 0..100 {
        for _ in 1..Breaker::FAILURES {
            breaker.note_failure(now, CERTAIN);
        }
        breaker.note_answer();
    }
    assert!(!breaker.is_open());
    assert!(failed(now, Breaker::FAILURES, CERTAIN).is_open());
}

#[test]
fn one_caller_tries_and_each_trial_that_fails_doubles_the_wait() {
    let mut now = Instant::now();
    let breaker = failed(now, Breaker::FAILURES, CERTAIN);
    for wait in [1, 2, 4, 8, 16, 30, 30] {
        let wait = Duration::from_secs(wait);
        assert_eq!(breaker.blocked(now, true), Some(wait));
        now += wait;
        let trial = trial(&breaker, now);
        assert!(matches!(breaker.way(now, true), Way::Blocked(_)));
        assert!(trial.failed(now, Symptom::SILENCE).is_some());
    }
    now += Duration::from_secs(30);
    assert!(trial(&breaker, now).succeeded());
    assert!(matches!(breaker.way(now, true), Way::Clear));
}

#[test]
fn a_suspicion_holds_nobody_up_until_a_trial_has_confirmed_it() {
    let now = Instant::now();
    let breaker = failed(now, Breaker::FAILURES, Evidence::Suspicion);
    assert!(!breaker.is_open() && breaker.blocked(now, true).is_none());
    let first = trial(&breaker, now);
    assert!(matches!(breaker.way(now, true), Way::Clear));
    assert!(first.succeeded());
    assert!(matches!(breaker.way(now, true), Way::Clear));

    let breaker = failed(now, Breaker::FAILURES, Evidence::Suspicion);
    let wait = trial(&breaker, now).failed(now, Symptom::SILENCE);
    assert_eq!(wait, Some(Breaker::FIRST_WAIT));
    assert!(breaker.is_open());
}

#[test]
fn a_trial_that_is_cut_off_leaves_it_to_the_next() {
    let now = Instant::now();
    let later = now + Duration::from_secs(1);
    for (evidence, now) in [(CERTAIN, later), (Evidence::Suspicion, now)] {
        let breaker = failed(now - Duration::from_secs(1), Breaker::FAILURES, evidence);
        drop(trial(&breaker, now));
        assert!(trial(&breaker, now).succeeded());
    }
}

#[test]
fn a_trial_that_is_stuck_is_given_up_and_has_no_say_any_more() {
    let now = Instant::now();
    for (evidence, now) in [
        (CERTAIN, now + Duration::from_secs(1)),
        (Evidence::Suspicion, now),
    ] {
        let breaker = Breaker::new(Duration::ZERO);
        for _ in 0..Breaker::FAILURES {
            breaker.note_failure(now - Duration::from_secs(1), evidence);
        }
        let stuck = trial(&breaker, now);
        let next = trial(&breaker, now);
        assert_eq!(stuck.failed(now, Symptom::SILENCE), None);
        assert!(next.succeeded());
        assert!(!breaker.is_open());
    }
}

#[test]
fn a_requested_pause_opens_it_at_once_and_for_a_minute_at_the_most() {
    let now = Instant::now();
    for (pause, kept) in [
        (Duration::from_secs(7), Duration::from_secs(7)),
        (Duration::MAX, Duration::from_secs(60)),
    ] {
        let symptom = Symptom {
            pause: Some(pause),
            ..Symptom::SILENCE
        };
        let breaker = failed(now, 1, Evidence::Certain(symptom));
        assert_eq!(breaker.blocked(now, true), Some(kept));
    }
}

#[test]
fn a_genuine_token_is_let_through_once_a_second_where_the_server_answers_at_all() {
    let now = Instant::now();
    let failing = Evidence::Certain(Symptom {
        kind: Illness::Failing,
        pause: Some(Duration::from_secs(60)),
    });
    let breaker = failed(now, 1, failing);
    for second in 0..3 {
        let now = now + Duration::from_secs(second);
        assert!(matches!(breaker.way(now, false), Way::Blocked(_)));
        assert_eq!(breaker.blocked(now, true), None);
        assert!(matches!(breaker.way(now, true), Way::Clear));
        assert!(matches!(breaker.way(now, true), Way::Blocked(_)));
    }
    breaker.note_answer();
    assert!(!breaker.is_open());
}

#[test]
fn a_late_answer_closes_it_whatever_the_trial_says() {
    let now = Instant::now();
    let breaker = failed(now, Breaker::FAILURES, CERTAIN);
    let later = now + Duration::from_secs(1);
    let trial = trial(&breaker, later);
    assert!(breaker.note_answer());
    assert_eq!(trial.failed(later, Symptom::SILENCE), None);
    assert!(!breaker.is_open());
}
