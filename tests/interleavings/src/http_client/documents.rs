use std::{sync::Arc, time::Duration};

use portcullis::ManualClock;
use shuttle::future::{block_on, spawn, yield_now};
use tracing::Span;

use super::{Began, FetchError, Fetcher, Outcome, SingleFlight};
use crate::{
    Clock,
    concurrency::{Handle, Mutex, PoisonError},
    order::Count,
};

/// Fetches a document that says by which fetch it came.
struct Documents {
    clock: ManualClock,
    single_flight: Mutex<SingleFlight<u64>>,
    in_air: Count,
    fetches: Count,
}

impl Documents {
    fn new() -> Self {
        Self {
            clock: ManualClock::at(0),
            single_flight: Mutex::new(SingleFlight::new(Duration::from_secs(3600))),
            in_air: Count::default(),
            fetches: Count::default(),
        }
    }

    async fn fetched(self: Arc<Self>) -> Outcome<u64> {
        let boarded = {
            let mut single_flight = self
                .single_flight
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            single_flight.board(&self.clock)
        };
        boarded?.launch(&self).landed().await
    }
}

impl Fetcher for Documents {
    type Document = u64;

    async fn fetch(&self, began: Began) -> Outcome<u64> {
        struct InAir(Count);
        impl Drop for InAir {
            fn drop(&mut self) {
                self.0.down();
            }
        }
        let in_air = InAir(self.in_air.clone());
        assert_eq!(in_air.0.up(), 0, "two fetches are under way");
        self.fetches.up();
        yield_now().await;
        Ok(began.number)
    }

    fn span(&self) -> Span {
        Span::none()
    }

    fn landed(&self, began: Began, outcome: Option<&Outcome<u64>>) {
        let now = self.clock.monotonic();
        let mut single_flight = self
            .single_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        single_flight.land(began, outcome, now);
    }
}

pub(super) fn joined() {
    let documents = Arc::new(Documents::new());
    let callers: Vec<_> = (0..3).map(|_| spawn(documents.clone().fetched())).collect();
    let leaving = spawn(documents.clone().fetched());
    leaving.abort();
    block_on(async {
        for caller in callers {
            let document = caller.await.expect("a caller").expect("a document");
            assert!((1..=4).contains(&document));
        }
    });
    assert!(documents.fetches.now() <= 4);
}

pub(super) fn cut_off() {
    let documents = Arc::new(Documents::new());
    let callers: Vec<_> = (0..2).map(|_| spawn(documents.clone().fetched())).collect();
    Handle::cut_off_last();
    block_on(async {
        for caller in callers {
            let outcome = caller.await.expect("a caller");
            assert!(
                matches!(outcome, Ok(_) | Err(FetchError::Aborted)),
                "{outcome:?}"
            );
        }
        let next = documents.clone().fetched().await;
        assert!(
            next.is_ok(),
            "nothing is left of what was cut off: {next:?}"
        );
    });
}
