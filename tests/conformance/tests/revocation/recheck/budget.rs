//! What may be asked in a second, and whose turn it is.

use http::StatusCode;
use portcullis_conformance::{Crowd, getting};
use tokio::time::Instant;

use super::{WINDOW, lasting, used};
use crate::{
    air::Air,
    support::{SECOND, status},
};

async fn budget(calls: u32) -> Air {
    Air::with(|issuer| issuer.recheck_every(WINDOW).recheck_budget(calls)).await
}

#[tokio::test]
async fn no_more_than_the_budget_is_asked_in_a_second() {
    let air = budget(5).await;
    let tokens: Vec<_> = (0..30)
        .map(|number| lasting(&air).subject(format!("user-{number}")).jwt())
        .collect();
    for token in &tokens {
        assert_eq!(used(&air, token).await, StatusCode::OK);
    }
    assert_eq!(air.server.calls(), 5);
    for second in 1..=5 {
        air.pass(1).await;
        air.settle().await;
        let calls = air.server.calls();
        assert!(calls <= 5 + 5 * second + 1, "{calls} after {second} s");
    }
}

/// One who has many tokens does not keep the others waiting.
#[tokio::test]
async fn each_subject_has_an_equal_share() {
    let air = budget(1).await;
    let of = |subject: &str| lasting(&air).subject(subject).jwt();
    let first = of("somebody");
    assert_eq!(used(&air, &first).await, StatusCode::OK);
    let greedy: Vec<_> = (0..10).map(|_| of("greedy")).collect();
    for token in &greedy {
        assert_eq!(used(&air, token).await, StatusCode::OK);
    }
    let modest = of("modest");
    assert_eq!(used(&air, &modest).await, StatusCode::OK);
    air.pass(3).await;
    air.settle().await;
    let asked = air.server.asked_about();
    let place = asked.iter().position(|token| *token == modest);
    assert!(place.is_some_and(|place| place <= 2), "{place:?}");
    // Of one's own the one that waits longest comes first.
    let first_two: Vec<_> = asked
        .iter()
        .filter(|token| greedy.contains(token))
        .collect();
    assert_eq!(first_two[0], &greedy[0]);
}

/// Who waits in vain keeps the place, so that nobody is passed over again and again, and nobody's end
/// is hidden by a crowd.
#[tokio::test]
async fn where_it_does_not_suffice_everybody_has_a_turn_all_the_same() {
    for subject in [|_| "somebody".to_owned(), |number| format!("user-{number}")] {
        let air = budget(1).await;
        let of = |number: u32| lasting(&air).subject(subject(number)).jwt();
        let crowd: Vec<_> = (0..30).map(of).collect();
        let last = of(30);
        air.server.end(&last);
        for seconds in 0.. {
            for token in &crowd {
                assert_eq!(used(&air, token).await, StatusCode::OK);
            }
            if used(&air, &last).await == StatusCode::UNAUTHORIZED {
                break;
            }
            assert!(seconds < 90, "it was passed over for {seconds} s");
            air.pass(1).await;
        }
        tokio::time::resume();
    }
}

/// It is known to be over: nobody asks, and nobody waits for a turn to ask.
#[tokio::test]
async fn a_token_that_is_over_takes_no_turn_and_waits_for_none() {
    let air = budget(1).await;
    let sessions: Vec<_> = (0..5).map(|_| air.world.server.login("alice")).collect();
    let tokens: Vec<_> = sessions
        .iter()
        .map(|session| session.token().jwt())
        .collect();
    for session in &sessions {
        air.instance.hear_of(session).await;
    }
    air.world.clock.advance(60 * SECOND);
    let began = Instant::now();
    for token in &tokens {
        assert_eq!(
            status(&air.instance.hybrid, token).await,
            StatusCode::UNAUTHORIZED
        );
    }
    assert_eq!(began.elapsed(), std::time::Duration::ZERO);
    // The turn of this second is left to those who live.
    let living = lasting(&air).jwt();
    air.world.clock.advance(SECOND);
    assert_eq!(used(&air, &living).await, StatusCode::OK);
    assert_eq!(air.server.calls(), 1);
}

/// Who waits longer than a call may take is served, and counted as late.
#[tokio::test]
async fn where_it_does_not_suffice_tokens_are_served_and_the_service_degraded() {
    let recorded = portcullis_conformance::Recorded::start();
    let air = budget(1).await;
    let tokens: Vec<_> = (0..10)
        .map(|number| lasting(&air).subject(format!("user-{number}")).jwt())
        .collect();
    air.world.clock.advance(60 * SECOND);
    let crowd = Crowd::of(10, |number| getting(&air.instance.hybrid, &tokens[number]));
    // By the clock that the budget is counted with, no time passes.
    for reply in crowd.replies().await {
        assert_eq!(reply.status, StatusCode::OK);
    }
    let overdue = portcullis::Cause::RecheckOverdue;
    assert!(air.instance.issuer.readiness().causes().contains(&overdue));
    // They are not asked about for as long as a window lasts.
    tokio::time::sleep(WINDOW).await;
    let name = air.world.server.issuer();
    let rechecks = |outcome| recorded.outcomes("portcullis_rechecks_total", name, outcome);
    assert_eq!((rechecks("active"), rechecks("postponed")), (1.0, 9.0));
}

/// Its turn is far away: whoever comes with it meanwhile is not kept waiting for it again and again.
#[tokio::test]
async fn requests_wait_for_a_turn_that_does_not_come_once() {
    let air = budget(1).await;
    let tokens: Vec<_> = (0..30)
        .map(|number| lasting(&air).subject(format!("user-{number}")).jwt())
        .collect();
    air.world.clock.advance(60 * SECOND);
    let crowd = Crowd::of(30, |number| getting(&air.instance.hybrid, &tokens[number]));
    air.pass(7).await;
    drop(crowd.replies().await);
    let began = Instant::now();
    for token in &tokens {
        assert_eq!(status(&air.instance.hybrid, token).await, StatusCode::OK);
    }
    assert_eq!(began.elapsed(), std::time::Duration::ZERO);
}

/// All of them are used at the same moment, once a minute: whoever comes last has to be asked about,
/// too.
#[tokio::test]
async fn where_it_suffices_for_a_window_all_are_asked_about_however_many_come_at_once() {
    let air = budget(1).await;
    let tokens: Vec<_> = (0..10)
        .map(|number| lasting(&air).subject(format!("user-{number}")).jwt())
        .collect();
    air.pass(60).await;
    air.server.deny();
    let crowd = Crowd::of(10, |number| getting(&air.instance.hybrid, &tokens[number]));
    air.pass(10).await;
    drop(crowd.replies().await);
    air.pass(50).await;
    let crowd = Crowd::of(10, |number| getting(&air.instance.hybrid, &tokens[number]));
    air.pass(10).await;
    for reply in crowd.replies().await {
        reply.assert_invalid_token();
    }
}

#[tokio::test]
async fn impossible_windows_and_budgets_fail_the_build() {
    let world = portcullis_conformance::World::start().await;
    let window = world.asking().recheck_every(SECOND / 2).build();
    assert!(window.unwrap_err().to_string().contains("recheck_every"));
    let budget = world.asking().recheck_budget(0).build();
    assert!(budget.unwrap_err().to_string().contains("recheck_budget"));
}
