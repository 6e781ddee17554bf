use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::StatusCode;
use portcullis::{Reason, RevocationSink};
use tokio::task::AbortHandle;

use crate::{
    call::{About, Call, Verdict},
    feed::News,
    journal::{Journal, Moment},
    promise::Violation,
    schedule::{Mode, Route},
    server::Server,
    store::Entries,
};

/// Everything that is not the library, and what has happened so far.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) journal: Journal,
    pub(crate) server: Server,
    pub(crate) introspection: Mode,
    pub(crate) keys: Mode,
    pub(crate) calls: Vec<Call>,
    pub(crate) requests: Vec<Request>,
    pub(crate) told: Vec<Told>,
    /// Sessions of whose end somebody was sent a notice.
    pub(crate) notified: Vec<usize>,
    /// How long an active answer is kept.
    pub(crate) cache: Duration,
    /// By how many seconds the clock of each instance is ahead.
    pub(crate) ahead: [i64; 2],
    /// What instances share waits to be let.
    pub(crate) holds_shared: bool,
    pub(crate) entries: Entries,
    pub(crate) news: Vec<News>,
    pub(crate) sinks: Vec<Option<RevocationSink>>,
    /// What was seen to be wrong while it happened.
    pub(crate) broken: Option<Violation>,
}

/// A request to a service.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) instance: usize,
    pub(crate) route: Route,
    pub(crate) token: usize,
    pub(crate) arrived: Option<Moment>,
    pub(crate) answered: Option<Answered>,
    pub(crate) task: Option<AbortHandle>,
    pub(crate) is_cancelled: bool,
    pub(crate) is_judged: bool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Answered {
    pub(crate) at: Moment,
    pub(crate) status: StatusCode,
    pub(crate) reason: Option<Reason>,
}

/// News that has reached an instance.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    pub(crate) instance: usize,
    pub(crate) at: Moment,
    pub(crate) what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// A session has ended.
    Ended { session: usize },
    /// A token was called inactive by a call of another instance.
    Inactive { token: usize, judged: Moment },
    /// What changes nothing here.
    Other,
}

/// The world, as its parts share it.
#[derive(Debug, Clone)]
pub(crate) struct Shared(Arc<Mutex<World>>);

impl Shared {
    pub(crate) fn new(instances: usize) -> Self {
        Self(Arc::new(Mutex::new(World {
            server: Server::new(),
            journal: Journal::new(),
            introspection: Mode::Answer,
            keys: Mode::Answer,
            calls: Vec::new(),
            requests: Vec::new(),
            told: Vec::new(),
            notified: Vec::new(),
            cache: Duration::ZERO,
            ahead: [0; 2],
            holds_shared: false,
            entries: Entries::default(),
            news: Vec::new(),
            sinks: vec![None; instances],
            broken: None,
        })))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Request {
    pub(crate) fn new(instance: usize, route: Route, token: usize) -> Self {
        Self {
            instance,
            route,
            token,
            arrived: None,
            answered: None,
            task: None,
            is_cancelled: false,
            is_judged: false,
        }
    }

    /// Whether somebody waits for its answer.
    pub(crate) fn is_open(&self) -> bool {
        self.answered.is_none() && !self.is_cancelled
    }
}

impl World {
    /// What instances have learned about a token, oldest first.
    pub(crate) fn verdicts(&self, token: usize) -> impl DoubleEndedIterator<Item = Verdict> {
        self.calls
            .iter()
            .filter_map(move |call| call.verdict_on(token))
    }

    /// The calls of an instance about something.
    pub(crate) fn calls_of(&self, instance: usize, about: About) -> impl Iterator<Item = &Call> {
        self.calls
            .iter()
            .filter(move |call| call.instance == instance && call.about == about)
    }

    /// How old what one instance has asked seems to another, `age` after that. Beyond a second answers that are
    /// shared are older than they seem by what the clocks differ.
    pub(crate) fn seeming_age(&self, of: usize, at: usize, age: Duration) -> Duration {
        let ahead = self.ahead[of] - self.ahead[at];
        let seconds = Duration::from_secs(ahead.unsigned_abs());
        if ahead > 0 {
            age.saturating_sub(seconds)
        } else {
            age + seconds
        }
    }

    /// When an instance was told that a session has ended.
    pub(crate) fn told_of_end(&self, instance: usize, session: usize) -> Option<Moment> {
        let told = self
            .told
            .iter()
            .find(|told| told.instance == instance && told.what == What::Ended { session });
        told.map(|told| told.at)
    }

    /// Every call, every answer and all news, each on a line, in the order in which they began.
    pub(crate) fn history(&self) -> Vec<String> {
        let calls = self.calls.iter().map(|call| {
            let Call {
                instance, about, ..
            } = call;
            let (judged, ended) = (&call.judged, call.ended);
            let line = format!("instance {instance} asks about {about:?}: {judged:?}, {ended:?}");
            (call.began, line)
        });
        let requests = self.requests.iter().filter_map(|request| {
            let Request {
                instance,
                route,
                token,
                ..
            } = request;
            let answered = request.answered;
            let line = format!("instance {instance} is shown {token}, {route:?}: {answered:?}");
            Some((request.arrived?, line))
        });
        let told = self.told.iter().map(|told| {
            let line = format!("instance {} is told {:?}", told.instance, told.what);
            (told.at, line)
        });
        let mut all: Vec<_> = calls.chain(requests).chain(told).collect();
        all.sort();
        all.into_iter()
            .map(|(at, line)| format!("{at}: {line}"))
            .collect()
    }

    /// Numbers of calls that are held.
    pub(crate) fn held(&self) -> Vec<usize> {
        let calls = self.calls.iter().enumerate();
        calls
            .filter(|(_, call)| call.hold.is_some() && call.ended.is_none())
            .map(|(number, _)| number)
            .collect()
    }
}
