//! The way that every call about permissions takes to the server: past the circuit breaker, in a place
//! of its own, within one deadline.

use std::{future::Future, sync::Arc, time::Duration};

use super::call::UmaError;
use crate::{
    AccessToken, TokenFacts,
    pacing::{Crowded, Overdue, Patience, Places},
    verify::introspection::Introspector,
};

pub(super) struct Line {
    /// Who knows whether the server answers.
    introspector: Arc<Introspector>,
    /// Those who bring a good token never wait behind strangers.
    bearers: Places,
    strangers: Places,
    deadline: Duration,
}

/// For whom a call is made.
pub(super) enum Caller {
    /// The bearer of a good token, by the subject, or by the token where that names none. Who makes
    /// many calls waits behind his own.
    Bearer(Box<str>),
    /// Anybody.
    Stranger,
}

impl Caller {
    pub(super) fn bearer(token: &AccessToken, known: &TokenFacts) -> Self {
        let subject = known.registered().sub.as_deref();
        Self::Bearer(subject.unwrap_or(token.as_str()).into())
    }
}

impl Line {
    pub(super) fn new(introspector: Arc<Introspector>, calls: usize, deadline: Duration) -> Self {
        Self {
            introspector,
            bearers: Places::new(calls),
            strangers: Places::new(calls),
            deadline,
        }
    }

    /// For how long nobody calls the server.
    pub(super) fn pause(&self) -> Option<Duration> {
        self.introspector.pause()
    }

    /// Makes a call, unless the server is known to be away. The deadline covers everything: a place,
    /// finding out whether the server is back, and the call.
    ///
    /// A server that stays silent here is suspected to be away, and no more than that: whether it is,
    /// the probe of introspection tells, since this may be the fault of one endpoint or of a token.
    pub(super) async fn call<T>(
        &self,
        caller: Caller,
        call: impl Future<Output = Result<T, UmaError>>,
    ) -> Result<T, UmaError> {
        let patience = Patience::new(self.deadline);
        let calling = async {
            if let Some(wait) = self.pause() {
                return Err(UmaError::CircuitOpen(wait));
            }
            let place = match caller {
                Caller::Bearer(whose) => self.bearers.enter(&whose).await,
                Caller::Stranger => self.strangers.enter("").await,
            };
            let _place = place.map_err(|Crowded| UmaError::Busy)?;
            patience.has_place();
            let admitted = self.introspector.admit_elsewhere().await;
            admitted.map_err(UmaError::CircuitOpen)?;
            call.await
        };
        let called = tokio::time::timeout(self.deadline, calling).await;
        let called = called.unwrap_or_else(|_| {
            Err(match patience.overdue() {
                Overdue::Place => UmaError::Busy,
                Overdue::Call => UmaError::Overdue,
            })
        });
        if called.as_ref().is_err_and(UmaError::casts_doubt_on_server) {
            self.introspector.suspect();
        }
        called
    }
}
