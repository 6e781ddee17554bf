//! One fetch at a time, in a task of its own: who waits for it may go away and harms nobody.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::{KeySet, bucket::Bucket, remote::RemoteJwks};
use crate::{Timestamp, http_client::FetchError};

/// A key set, and when the fetch that brought it began.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) set: Arc<KeySet>,
    pub(super) began: Instant,
    pub(super) began_at: Timestamp,
}

pub(super) type Outcome = Result<Arc<Fetched>, FetchError>;

/// A fetch that is under way.
#[derive(Debug, Clone)]
pub(super) struct Flight {
    outcome: watch::Receiver<Option<Outcome>>,
}

impl Flight {
    /// What the fetch brought, once it has ended.
    pub(super) async fn landed(mut self) -> Outcome {
        match self.outcome.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or(Err(FetchError::Aborted)),
            Err(_) => Err(FetchError::Aborted),
        }
    }
}

/// Who may fetch, and who waits.
#[derive(Debug)]
pub(super) struct Control {
    state: Mutex<State>,
}

#[derive(Debug)]
pub(super) struct State {
    running: Option<Flight>,
    failed: Option<(Instant, FetchError)>,
    /// What unknown key ids may still cause.
    pub(super) bucket: Bucket,
    waiting: usize,
    /// Told whenever a fetch begins.
    begun: watch::Sender<()>,
}

impl Control {
    pub(super) fn new(bucket: Bucket) -> Self {
        Self {
            state: Mutex::new(State {
                running: None,
                failed: None,
                bucket,
                waiting: 0,
                begun: watch::Sender::new(()),
            }),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// How long a failure stands before the issuer is asked again.
    const COOL_DOWN: Duration = Duration::from_secs(1);

    pub(super) fn running(&self) -> Option<Flight> {
        self.running.clone()
    }

    /// Whether the last fetch that ended has failed.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    pub(super) fn begun(&self) -> watch::Receiver<()> {
        self.begun.subscribe()
    }

    /// The fetch that is under way, or a new one.
    pub(super) fn join_or_start(&mut self, jwks: &Arc<RemoteJwks>) -> Result<Flight, FetchError> {
        if let Some(running) = &self.running {
            return Ok(running.clone());
        }
        let now = jwks.clock.monotonic();
        if let Some((when, error)) = &self.failed
            && now.saturating_duration_since(*when) < Self::COOL_DOWN
        {
            return Err(FetchError::CoolingDown(Box::new(error.clone())));
        }
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| FetchError::NoRuntime)?;
        let (sender, outcome) = watch::channel(None);
        let flight = Flight { outcome };
        self.running = Some(flight.clone());
        self.begun.send_replace(());
        let pilot = Pilot {
            jwks: jwks.clone(),
            sender,
            has_landed: false,
        };
        let (began, began_at) = (now, jwks.clock.now());
        runtime.spawn(async move { pilot.fly(began, began_at).await });
        Ok(flight)
    }
}

/// The task that fetches.
struct Pilot {
    jwks: Arc<RemoteJwks>,
    sender: watch::Sender<Option<Outcome>>,
    /// Whether the fetch has ended in good order; another may be running since.
    has_landed: bool,
}

impl Pilot {
    async fn fly(mut self, began: Instant, began_at: Timestamp) {
        let outcome = self.jwks.fetch().await.map(|set| {
            Arc::new(Fetched {
                set: Arc::new(set),
                began,
                began_at,
            })
        });
        match &outcome {
            Ok(fetched) => self.jwks.current.store(Some(fetched.clone())),
            Err(error) => {
                tracing::warn!(target: "portcullis::jwks", "the keys could not be fetched: {error}");
            }
        }
        let failed = outcome.as_ref().err().cloned();
        let mut control = self.jwks.control.lock();
        control.failed = failed.map(|error| (self.jwks.clock.monotonic(), error));
        control.running = None;
        drop(control);
        self.has_landed = true;
        self.sender.send_replace(Some(outcome));
    }
}

impl Drop for Pilot {
    /// After a fetch that was cut off the next one may begin.
    fn drop(&mut self) {
        if !self.has_landed {
            self.jwks.control.lock().running = None;
        }
    }
}

/// A place among those who wait for a fetch that somebody else begins.
pub(super) struct Place {
    jwks: Arc<RemoteJwks>,
}

impl Place {
    /// A place; `None` when all are taken.
    pub(super) fn take(jwks: &Arc<RemoteJwks>, state: &mut State) -> Option<Self> {
        if state.waiting >= jwks.limits.waiters {
            return None;
        }
        state.waiting += 1;
        Some(Self { jwks: jwks.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.jwks.control.lock().waiting -= 1;
    }
}
