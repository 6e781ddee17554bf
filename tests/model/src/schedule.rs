use std::time::Duration;

use fastrand::Rng;

/// What happens, in which order, to whom. Numbers name what is there when their step comes, modulo how
/// much there is, so that a schedule without some of its steps is one, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// What it was drawn from.
    pub seed: u64,
    pub(crate) setup: Setup,
    pub(crate) steps: Vec<Step>,
}

/// How the service is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setup {
    /// One, or two that share what they know.
    pub(crate) instances: usize,
    /// How long an active answer is kept, in seconds.
    pub(crate) cache: u64,
    /// Whether the issuer tells of logouts.
    pub(crate) notices: bool,
    /// Whether time has passed since the service was started, so that nothing may have been missed.
    pub(crate) is_settled: bool,
    /// Whether time passes from one event to the next.
    pub(crate) ticks: bool,
    /// By how many seconds the clock of each is ahead of the server's.
    pub(crate) ahead: [i64; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Jwt,
    Opaque,
    /// A JWT that nobody has issued.
    Forged,
}

/// How a route judges a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// Here, and nobody is asked.
    Local,
    /// JWTs here, others by answers that may be kept.
    Hybrid,
    /// By answers that may be kept.
    Cached,
    /// By an answer of now, after `Hybrid` or `Cached`.
    Live { is_hybrid: bool },
    /// The same with an answer so many seconds old.
    Within { is_hybrid: bool, seconds: u64 },
}

impl Route {
    /// Whether a JWT is verified here first.
    pub(crate) fn is_local_first(self) -> bool {
        match self {
            Self::Local | Self::Hybrid => true,
            Self::Cached => false,
            Self::Live { is_hybrid } | Self::Within { is_hybrid, .. } => is_hybrid,
        }
    }

    /// Whether the server may be asked about a token.
    pub(crate) fn may_ask(self) -> bool {
        self != Self::Local
    }

    /// How many answers a request may need: one to enter, one for the handler.
    pub(crate) fn answers(self) -> usize {
        match self {
            Self::Local => 0,
            Self::Hybrid | Self::Cached => 1,
            Self::Live { .. } | Self::Within { .. } => 2,
        }
    }
}

/// What the server does with calls of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Answer,
    /// They neither come nor go before they are let.
    Hold,
    /// The answer is made up at once, and held on its way back.
    HoldAnswer,
    Trouble,
    Unreachable,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    LogIn,
    Issue {
        session: usize,
        kind: Kind,
        life: u64,
    },
    Revoke {
        token: usize,
    },
    /// Ends a session; one instance is told, if any.
    End {
        session: usize,
        told: Option<usize>,
    },
    /// Switches the user of a session off, or on again.
    Disable {
        session: usize,
        is_disabled: bool,
    },
    Rotate {
        withdraws: bool,
    },
    Withdraw {
        key: usize,
    },
    Introspection(Mode),
    Keys(Mode),
    Request {
        instance: usize,
        route: Route,
        token: usize,
        times: usize,
    },
    /// A caller goes away.
    Cancel {
        request: usize,
    },
    /// A call that is held: the server makes up its answer, which stays held.
    Judge {
        call: usize,
    },
    /// A call that is held goes on, or fails.
    Release {
        call: usize,
        fails: Option<bool>,
    },
    Pass(Duration),
    /// What instances share is slow, or not.
    HoldShared(bool),
    /// Something of it that is held is done, or lost.
    ReleaseShared {
        work: usize,
        is_lost: bool,
    },
    /// News between instances that is held arrives; it may come again.
    Tell {
        news: usize,
        again: bool,
    },
}

impl Schedule {
    /// The schedule of a seed.
    pub fn of(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let instances = if rng.u8(..10) < 3 { 2 } else { 1 };
        let setup = Setup {
            instances,
            cache: [0, 5, 30][rng.usize(..3)],
            notices: rng.u8(..4) > 0,
            is_settled: rng.bool(),
            ticks: rng.u8(..3) > 0,
            ahead: [0; 2],
        };
        let first = Step::Issue {
            session: 0,
            kind: if rng.bool() { Kind::Jwt } else { Kind::Opaque },
            life: life(&mut rng),
        };
        let length = rng.usize(6..36);
        let steps = std::iter::once(first)
            .chain((0..length).map(|_| step(&mut rng, &setup)))
            .collect();
        // Drawn last, so that the steps of a seed are what they were.
        let ahead = clocks(&mut rng, instances);
        let setup = Setup { ahead, ..setup };
        Self { seed, setup, steps }
    }

    /// How many steps it has.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether nothing happens.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// By how many seconds the clocks of instances are ahead. The two, and each and the server's, differ by less than
/// the leeway.
fn clocks(rng: &mut Rng, instances: usize) -> [i64; 2] {
    const MOST: i64 = 9;
    if instances == 1 || rng.bool() {
        return [0; 2];
    }
    let ahead = if rng.bool() { MOST } else { -MOST };
    [[ahead, 0], [0, ahead], [ahead, ahead]][rng.usize(..3)]
}

fn step(rng: &mut Rng, setup: &Setup) -> Step {
    // Mostly the same few, so that things happen to the same token at once.
    let any = |rng: &mut Rng| if rng.u8(..3) > 0 { 0 } else { rng.usize(..4) };
    let shared = setup.instances > 1;
    // What is not named here is a request.
    match rng.u8(..100) {
        40..50 => Step::Pass(pause(rng)),
        50..61 => Step::Release {
            call: rng.usize(..4),
            fails: if rng.u8(..4) > 0 {
                None
            } else {
                Some(rng.bool())
            },
        },
        61..65 => Step::Judge {
            call: rng.usize(..4),
        },
        65..72 => Step::Introspection(mode(rng)),
        72..75 => Step::Keys(mode(rng)),
        75..79 => Step::Revoke { token: any(rng) },
        79..82 => Step::End {
            session: any(rng),
            told: (setup.notices && rng.u8(..4) > 0).then(|| rng.usize(..setup.instances)),
        },
        82..86 => Step::Disable {
            session: any(rng),
            is_disabled: rng.u8(..5) < 3,
        },
        86..88 => Step::Rotate {
            withdraws: rng.bool(),
        },
        88 => Step::Withdraw {
            key: rng.usize(..2),
        },
        89..92 => Step::Cancel {
            request: rng.usize(..4),
        },
        92 => Step::LogIn,
        93..96 => Step::Issue {
            session: rng.usize(..2),
            kind: match rng.u8(..8) {
                0 => Kind::Forged,
                1..4 => Kind::Opaque,
                _ => Kind::Jwt,
            },
            life: life(rng),
        },
        96 if shared => Step::HoldShared(rng.bool()),
        97 if shared => Step::ReleaseShared {
            work: rng.usize(..4),
            is_lost: rng.u8(..3) == 0,
        },
        98.. if shared => Step::Tell {
            news: rng.usize(..4),
            again: rng.bool(),
        },
        _ => request(rng, setup),
    }
}

fn request(rng: &mut Rng, setup: &Setup) -> Step {
    let is_hybrid = rng.bool();
    Step::Request {
        instance: rng.usize(..setup.instances),
        route: match rng.u8(..10) {
            0 | 1 => Route::Local,
            2 | 3 => Route::Hybrid,
            4 | 5 => Route::Cached,
            6..9 => Route::Live { is_hybrid },
            _ => Route::Within {
                is_hybrid,
                seconds: [1, 10][rng.usize(..2)],
            },
        },
        token: if rng.u8(..4) > 0 { 0 } else { rng.usize(..4) },
        times: if rng.u8(..5) > 0 { 1 } else { rng.usize(2..5) },
    }
}

fn mode(rng: &mut Rng) -> Mode {
    match rng.u8(..10) {
        0..3 => Mode::Answer,
        3..6 => Mode::Hold,
        6..8 => Mode::HoldAnswer,
        8 => Mode::Trouble,
        _ => Mode::Unreachable,
    }
}

fn pause(rng: &mut Rng) -> Duration {
    const PAUSES: [u64; 9] = [1, 1, 40, 300, 1_100, 4_900, 5_100, 21_000, 40_000];
    Duration::from_millis(PAUSES[rng.usize(..PAUSES.len())])
}

/// How long a token lives, in seconds.
fn life(rng: &mut Rng) -> u64 {
    [20, 300, 300, 3600][rng.usize(..4)]
}
