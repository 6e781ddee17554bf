use std::sync::{Arc, atomic::AtomicBool};

use shuttle::future::{block_on, spawn, yield_now};

use super::in_flight::InFlight;
use crate::{
    concurrency::atomic::{AtomicU64, Ordering},
    order::Count,
};

/// One who asks about a session, and one who is told that it has ended.
pub(super) fn quiet() {
    let in_flight = Arc::new(InFlight::default());
    // The set that both look into.
    let has_ended = Arc::new(AtomicU64::new(0));
    // Who has looked before, and asks.
    let unaware = Count::default();
    let is_answered = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = [Some("session"), None]
        .into_iter()
        .map(|sid| {
            let (in_flight, has_ended) = (in_flight.clone(), has_ended.clone());
            let (unaware, is_answered) = (unaware.clone(), is_answered.clone());
            spawn(async move {
                let aboard = in_flight.board(sid);
                if has_ended.load(Ordering::Acquire) == 0 {
                    unaware.up();
                    yield_now().await;
                    assert!(
                        !is_answered.load(Ordering::SeqCst),
                        "somebody still asks about a session whose end was answered"
                    );
                    unaware.down();
                }
                drop(aboard);
            })
        })
        .collect();
    block_on(async {
        has_ended.store(1, Ordering::Release);
        in_flight.quiet(Some("session")).await;
        assert_eq!(unaware.now(), 0);
        is_answered.store(true, Ordering::SeqCst);
        for caller in callers {
            caller.await.expect("a caller");
        }
    });
}
