use std::time::Duration;

use crate::schedule::{Kind, Route, Schedule, Setup, Step};

/// Schedules that broke a promise once, and what it was.
pub fn found() -> [(&'static str, Schedule); 1] {
    [(
        "an answer that another instance was given is live",
        Schedule {
            seed: 0,
            setup: Setup {
                instances: 2,
                cache: 5,
                notices: true,
                is_settled: false,
                ticks: true,
            },
            steps: vec![
                Step::Issue {
                    session: 0,
                    kind: Kind::Jwt,
                    life: 300,
                },
                // It waits until what may have been missed is past.
                Step::Request {
                    instance: 0,
                    route: Route::Live { is_hybrid: true },
                    token: 0,
                    times: 4,
                },
                // The same at the other, which asks first.
                Step::Request {
                    instance: 1,
                    route: Route::Cached,
                    token: 0,
                    times: 1,
                },
                Step::Pass(Duration::from_secs(40)),
            ],
        },
    )]
}
