use std::time::Duration;

use crate::schedule::{Kind, Mode, Route, Schedule, Setup, Step};

/// Schedules that broke a promise once, and what it was.
pub fn found() -> [(&'static str, Schedule); 7] {
    [
        (
            "an answer that another instance was given is live",
            given_to_another(),
        ),
        (
            "an active answer to a call of the same tick as the news counts for nothing",
            told_in_the_same_tick(),
        ),
        (
            "an instance's own answer comes back from another and counts as newer",
            told_again(),
        ),
        (
            "an active answer that follows at once upon an inactive one counts for nothing",
            followed_at_once(),
        ),
        (
            "a second active answer within a millisecond takes back what the first has cleared",
            vouched_for_twice(),
        ),
        (
            "what was held against a token is held against it again, after the server has called it active",
            suspected_again(),
        ),
        (
            "an instance that was told of an inactive answer by another refuses what the server called active since then",
            told_of_a_suspicion(),
        ),
    ]
}

fn given_to_another() -> Schedule {
    Schedule {
        seed: 0,
        setup: Setup {
            instances: 2,
            cache: 5,
            notices: true,
            is_settled: false,
            ticks: true,
            ahead: [0; 2],
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
    }
}

fn told_in_the_same_tick() -> Schedule {
    Schedule {
        seed: 181_482_313_937_270,
        setup: Setup {
            instances: 2,
            cache: 0,
            notices: true,
            is_settled: true,
            ticks: false,
            ahead: [0; 2],
        },
        steps: vec![
            issue(Kind::Jwt, 3600),
            disable(true),
            request(1, Route::Live { is_hybrid: false }, 1),
            disable(false),
            Step::Pass(Duration::from_millis(4_900)),
            request(0, WITHIN, 3),
            request(0, Route::Live { is_hybrid: true }, 1),
            request(1, Route::Hybrid, 1),
        ],
    }
}

fn told_again() -> Schedule {
    Schedule {
        seed: 181_482_314_003_581,
        setup: Setup {
            instances: 2,
            cache: 5,
            notices: false,
            is_settled: true,
            ticks: true,
            ahead: [0; 2],
        },
        steps: vec![
            issue(Kind::Jwt, 300),
            disable(true),
            request(0, Route::Live { is_hybrid: false }, 2),
            disable(false),
            Step::Pass(Duration::from_millis(5_100)),
            request(1, Route::Live { is_hybrid: false }, 1),
            request(0, Route::Cached, 1),
            request(1, Route::Hybrid, 1),
        ],
    }
}

fn followed_at_once() -> Schedule {
    Schedule {
        seed: 181_482_314_266_248,
        setup: Setup {
            instances: 1,
            cache: 0,
            notices: false,
            is_settled: false,
            ticks: true,
            ahead: [0; 2],
        },
        steps: vec![
            issue(Kind::Jwt, 300),
            Step::Introspection(Mode::HoldAnswer),
            disable(true),
            request(0, Route::Live { is_hybrid: true }, 2),
            issue(Kind::Jwt, 3600),
            disable(false),
            Step::Cancel { request: 3 },
        ],
    }
}

fn vouched_for_twice() -> Schedule {
    Schedule {
        seed: 264_576_688_542_789,
        setup: Setup {
            instances: 1,
            cache: 0,
            notices: false,
            is_settled: true,
            ticks: true,
            ahead: [0; 2],
        },
        steps: vec![
            issue(Kind::Jwt, 300),
            disable(true),
            request(0, Route::Live { is_hybrid: true }, 1),
            disable(false),
            request(0, Route::Hybrid, 4),
        ],
    }
}

fn suspected_again() -> Schedule {
    Schedule {
        seed: 15_486_881_809_802,
        setup: Setup {
            instances: 1,
            cache: 30,
            notices: true,
            is_settled: true,
            ticks: false,
            ahead: [0; 2],
        },
        steps: vec![
            disable(true),
            issue(Kind::Jwt, 300),
            request(0, Route::Cached, 4),
            disable(false),
            request(0, Route::Hybrid, 1),
            issue(Kind::Forged, 3600),
            request(0, Route::Cached, 1),
            Step::Introspection(Mode::Trouble),
            Step::Request {
                instance: 0,
                route: Route::Hybrid,
                token: 1,
                times: 1,
            },
        ],
    }
}

fn told_of_a_suspicion() -> Schedule {
    let within_a_second = Route::Within {
        is_hybrid: true,
        seconds: 1,
    };
    Schedule {
        seed: 15_486_882_021_643,
        setup: Setup {
            instances: 2,
            cache: 30,
            notices: true,
            is_settled: false,
            ticks: true,
            ahead: [0; 2],
        },
        steps: vec![
            issue(Kind::Jwt, 3600),
            disable(true),
            request(1, Route::Live { is_hybrid: false }, 1),
            Step::Introspection(Mode::Unreachable),
            request(1, Route::Live { is_hybrid: true }, 1),
            Step::Pass(Duration::from_millis(5100)),
            request(0, Route::Local, 1),
            disable(false),
            Step::Introspection(Mode::Answer),
            request(1, within_a_second, 2),
            request(0, Route::Live { is_hybrid: false }, 1),
        ],
    }
}

const WITHIN: Route = Route::Within {
    is_hybrid: false,
    seconds: 10,
};

fn issue(kind: Kind, life: u64) -> Step {
    Step::Issue {
        session: 0,
        kind,
        life,
    }
}

fn disable(is_disabled: bool) -> Step {
    Step::Disable {
        session: 0,
        is_disabled,
    }
}

/// Of the token that was issued last.
fn request(instance: usize, route: Route, times: usize) -> Step {
    Step::Request {
        instance,
        route,
        token: 0,
        times,
    }
}
