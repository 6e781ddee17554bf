use std::{future::Future, sync::Arc, time::Duration, time::Instant};

use shuttle::{
    future::{JoinHandle, block_on, spawn, yield_now},
    rand::{Rng, thread_rng},
};

use super::{
    digest::TokenDigest,
    flight::{Flights, Joins},
};
use crate::{
    Answer, Facts, Reason, Rejection,
    concurrency::Handle,
    order::{Count, Order},
};

/// Callers with one token, and what they ask.
#[derive(Clone)]
struct Callers {
    flights: Arc<Flights>,
    order: Order,
    in_air: Count,
    calls: Count,
    fails: bool,
}

impl Callers {
    fn new(fails: bool) -> Self {
        Self {
            flights: Arc::new(Flights::new(Duration::from_secs(3600))),
            order: Order::default(),
            in_air: Count::default(),
            calls: Count::default(),
            fails,
        }
    }

    /// A place on a call, and when its owner came.
    fn board(&self, joins: Joins) -> (u64, impl Future<Output = Answer> + Send + use<>) {
        let came = self.order.event();
        let callers = self.clone();
        let (ticket, _) = self
            .flights
            .board(&TokenDigest(0), joins, Instant::now, move || {
                callers.clone().call()
            })
            .expect("there is a runtime");
        (came, ticket.redeemed())
    }

    async fn call(self) -> Answer {
        let began = self.order.event();
        let in_air = InAir(self.in_air.clone());
        assert_eq!(in_air.0.up(), 0, "two calls are in the air");
        self.calls.up();
        for _ in 0..thread_rng().gen_range(0..3) {
            yield_now().await;
        }
        if self.fails && thread_rng().gen_bool(0.5) {
            return Err(Rejection::because(Reason::IssuerUnreachable, "it is away"));
        }
        Ok(Facts { began })
    }

    /// One who wants an answer of now.
    fn live(&self) -> JoinHandle<()> {
        let callers = self.clone();
        spawn(async move {
            let (came, answer) = callers.board(Joins::None);
            match answer.await {
                Ok(facts) => assert!(facts.began > came, "a call that began before its caller"),
                Err(rejection) => assert!(callers.fails, "{rejection:?}"),
            }
        })
    }

    /// One who takes any.
    fn any(&self) -> JoinHandle<()> {
        let callers = self.clone();
        spawn(async move {
            let (_, answer) = callers.board(Joins::Any);
            assert!(answer.await.is_ok() || callers.fails);
        })
    }
}

struct InAir(Count);

impl Drop for InAir {
    fn drop(&mut self) {
        self.0.down();
    }
}

pub(super) fn live() {
    let callers = Callers::new(false);
    let tasks = [
        callers.live(),
        callers.any(),
        callers.live(),
        callers.live(),
    ];
    block_on(async {
        for task in tasks {
            task.await.expect("a caller");
        }
    });
    assert!((1..=4).contains(&callers.calls.now()));
    assert_eq!(callers.in_air.now(), 0);
}

pub(super) fn leaving() {
    let callers = Callers::new(false);
    let leaving = callers.live();
    let tasks = [callers.live(), callers.live(), callers.any()];
    leaving.abort();
    block_on(async {
        for task in tasks {
            task.await.expect("a caller");
        }
    });
}

pub(super) fn cut_off() {
    let callers = Callers::new(true);
    let tasks = [callers.live(), callers.any(), callers.live()];
    Handle::cut_off_last();
    let late = callers.live();
    block_on(async {
        for task in tasks.into_iter().chain([late]) {
            task.await.expect("a caller");
        }
        // Nothing is left of what was cut off: the next caller has a call of its own.
        let (came, answer) = callers.board(Joins::None);
        if let Ok(facts) = answer.await {
            assert!(facts.began > came);
        }
    });
}
