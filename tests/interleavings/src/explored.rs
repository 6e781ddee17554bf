use shuttle::{
    Config, Runner,
    scheduler::{PctScheduler, RandomScheduler},
};

use crate::{concurrency::Handle, http_client, revocation, verify};

/// Something that happens at once, and what must hold whatever the order.
#[derive(Debug, Clone, Copy)]
pub struct Explored {
    /// What must hold.
    pub promise: &'static str,
    run: fn(),
}

impl Explored {
    pub(crate) const fn new(promise: &'static str, run: fn()) -> Self {
        Self { promise, run }
    }

    /// Runs it in so many orders, half of them drawn step by step, half with few changes of turn at points
    /// that are drawn, which finds what takes a long uninterrupted run.
    ///
    /// # Panics
    /// When the promise is broken, or somebody waits for ever. Shuttle prints how to run that order again.
    pub fn explore(&self, orders: usize) {
        let run = self.run;
        let run = move || {
            Handle::forget_all();
            run();
        };
        let random = RandomScheduler::new(orders.div_ceil(2));
        Runner::new(random, Config::new()).run(run);
        let few_turns = PctScheduler::new(3, (orders / 2).max(1));
        Runner::new(few_turns, Config::new()).run(run);
    }
}

/// Everything there is.
pub fn all() -> impl Iterator<Item = Explored> {
    [
        verify::EXPLORED,
        http_client::EXPLORED,
        revocation::EXPLORED,
    ]
    .into_iter()
    .flatten()
    .copied()
}
