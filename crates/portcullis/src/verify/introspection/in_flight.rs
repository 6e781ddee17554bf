use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::Notify;

use crate::concurrency::{Mutex, MutexGuard, PoisonError};

/// The introspection calls that are under way, each with the session it is about.
///
/// The server ends a session only after we have taken the notice of its end, and a call that comes
/// in between can bring the session back to life. So the notice is answered once no such call is
/// under way any more.
#[derive(Debug, Default)]
pub(crate) struct InFlight {
    calls: Mutex<Calls>,
    ended: Notify,
}

#[derive(Debug, Default)]
struct Calls {
    next: u64,
    /// By number, with the session where it is known: of an opaque token that was never seen it is
    /// not.
    sessions: BTreeMap<u64, Option<Arc<str>>>,
}

/// A call that is under way, until dropped.
#[derive(Debug)]
pub(super) struct Aboard<'a> {
    in_flight: &'a InFlight,
    number: u64,
}

impl InFlight {
    /// A call begins. Whoever looks into the revocation set after this sees every notice whose
    /// receiver does not see the call.
    pub(super) fn board(&self, sid: Option<&str>) -> Aboard<'_> {
        let mut calls = self.calls();
        let number = calls.next;
        calls.next += 1;
        calls.sessions.insert(number, sid.map(Arc::from));
        Aboard {
            in_flight: self,
            number,
        }
    }

    /// Returns once no call is under way that may be about this session and had begun by now. With
    /// `None`, any call may.
    pub(crate) async fn quiet(&self, sid: Option<&str>) {
        let next = self.calls().next;
        loop {
            let ended = self.ended.notified();
            if !self.calls().has_any(sid, next) {
                return;
            }
            ended.await;
        }
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Calls {
    fn has_any(&self, sid: Option<&str>, next: u64) -> bool {
        self.sessions.range(..next).any(|(_, about)| {
            let about = about.as_deref();
            about.is_none() || sid.is_none() || about == sid
        })
    }
}

impl Drop for Aboard<'_> {
    fn drop(&mut self) {
        self.in_flight.calls().sessions.remove(&self.number);
        self.in_flight.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use super::*;

    fn is_quiet(in_flight: &InFlight, sid: Option<&str>) -> bool {
        let mut cx = Context::from_waker(Waker::noop());
        pin!(in_flight.quiet(sid)).poll(&mut cx) == Poll::Ready(())
    }

    #[test]
    fn a_session_is_quiet_when_no_call_about_it_is_under_way() {
        let in_flight = InFlight::default();
        assert!(is_quiet(&in_flight, Some("a")));
        let other = in_flight.board(Some("b"));
        assert!(is_quiet(&in_flight, Some("a")));
        assert!(!is_quiet(&in_flight, None));
        let own = in_flight.board(Some("a"));
        assert!(!is_quiet(&in_flight, Some("a")));
        drop(own);
        assert!(is_quiet(&in_flight, Some("a")));
        let unknown = in_flight.board(None);
        assert!(!is_quiet(&in_flight, Some("a")));
        drop((other, unknown));
        assert!(is_quiet(&in_flight, None));
    }

    #[test]
    fn calls_that_begin_later_keep_nobody_waiting() {
        let in_flight = InFlight::default();
        let before = in_flight.board(None);
        let mut cx = Context::from_waker(Waker::noop());
        let mut quiet = pin!(in_flight.quiet(Some("a")));
        assert!(quiet.as_mut().poll(&mut cx).is_pending());
        let _after = in_flight.board(Some("a"));
        drop(before);
        assert!(quiet.as_mut().poll(&mut cx).is_ready());
    }
}
