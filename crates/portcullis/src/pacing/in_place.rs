use std::{
    future::Future,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tokio::time::{Instant, timeout};

/// What the deadline has cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overdue {
    /// Waiting for a place; or a call that began so late that it says nothing of whoever is called.
    Place,
    /// A call that had most of the time.
    Call,
}

/// Makes a call with a place in hand, all within one deadline.
pub(crate) async fn in_place<P, T, E>(
    deadline: Duration,
    place: impl Future<Output = Result<P, E>>,
    call: impl Future<Output = Result<T, E>>,
) -> Result<Result<T, E>, Overdue> {
    let has_most_of_the_time = AtomicBool::new(false);
    let calling = async {
        let waiting = Instant::now();
        let _place = place.await?;
        let is_in_time = waiting.elapsed() <= deadline / 3;
        has_most_of_the_time.store(is_in_time, Ordering::Relaxed);
        call.await
    };
    let called = timeout(deadline, calling).await;
    called.map_err(|_| {
        if has_most_of_the_time.load(Ordering::Relaxed) {
            Overdue::Call
        } else {
            Overdue::Place
        }
    })
}
