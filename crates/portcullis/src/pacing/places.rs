use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use super::{
    Crowded,
    queue::{Queue, Ticket},
};

/// So many places at a time. Where all are taken, everybody has an equal share of those that become
/// free: one of each in turn, and of one's own the oldest comes first.
pub(crate) struct Places {
    state: Mutex<State>,
    secret: RandomState,
}

struct State {
    /// Where there are any, nobody waits.
    free: usize,
    queue: Queue,
}

/// One of the places; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    places: &'a Places,
}

impl Places {
    pub(crate) fn new(count: usize) -> Self {
        Self {
            state: Mutex::new(State {
                free: count,
                queue: Queue::default(),
            }),
            secret: RandomState::new(),
        }
    }

    /// Waits for a place on behalf of somebody.
    pub(crate) async fn enter(&self, whose: &str) -> Result<Place<'_>, Crowded> {
        if let Some(mut waiting) = self.queue_up(whose)? {
            (&mut waiting.turn).await.map_err(|_| Crowded)?;
        }
        Ok(Place { places: self })
    }

    /// A place in the queue; `None` where there is a free one.
    fn queue_up(&self, whose: &str) -> Result<Option<Waiting<'_>>, Crowded> {
        let whose = self.secret.hash_one(whose);
        let mut state = self.state();
        if let Some(left) = state.free.checked_sub(1) {
            state.free = left;
            return Ok(None);
        }
        let (ticket, turn) = state.queue.add(whose)?;
        let places = self;
        Ok(Some(Waiting {
            places,
            ticket,
            turn,
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A place has become free: it is whoever's turn is next.
    fn give_back(&mut self) {
        while let Some(turn) = self.queue.next() {
            if turn.send(()).is_ok() {
                return;
            }
        }
        self.free += 1;
    }
}

/// One who waits, until he goes away or has his place.
struct Waiting<'a> {
    places: &'a Places,
    ticket: Ticket,
    turn: oneshot::Receiver<()>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = self.places.state();
        state.queue.leave(self.ticket);
        // He may have been given a place, and gone away before he knew.
        self.turn.close();
        if self.turn.try_recv().is_ok() {
            state.give_back();
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.places.state().give_back();
    }
}

impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Places").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::Future,
        pin::{Pin, pin},
        task::{Context, Poll, Waker},
    };

    use super::*;

    fn poll<F: Future>(future: &mut Pin<&mut F>) -> Poll<F::Output> {
        future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
    }

    fn has_place<'a>(
        future: &mut Pin<&mut impl Future<Output = Result<Place<'a>, Crowded>>>,
    ) -> Option<Place<'a>> {
        match poll(future) {
            Poll::Ready(place) => Some(place.unwrap()),
            Poll::Pending => None,
        }
    }

    #[test]
    fn whoever_has_many_waits_behind_his_own() {
        let places = Places::new(1);
        let mut first = pin!(places.enter("a"));
        let place = has_place(&mut first).unwrap();
        let (mut own, mut owns_next) = (pin!(places.enter("a")), pin!(places.enter("a")));
        let mut other = pin!(places.enter("b"));
        assert!(has_place(&mut own).is_none() && has_place(&mut owns_next).is_none());
        assert!(has_place(&mut other).is_none());
        drop(place);
        let place = has_place(&mut own).unwrap();
        assert!(has_place(&mut owns_next).is_none() && has_place(&mut other).is_none());
        drop(place);
        assert!(has_place(&mut owns_next).is_none());
        let place = has_place(&mut other).unwrap();
        drop(place);
        assert!(has_place(&mut owns_next).is_some());
    }

    #[test]
    fn a_place_that_nobody_took_goes_to_the_next() {
        let places = Places::new(1);
        let mut first = pin!(places.enter("a"));
        let place = has_place(&mut first).unwrap();
        let mut gone = Box::pin(places.enter("b"));
        assert!(has_place(&mut gone.as_mut()).is_none());
        let mut next = pin!(places.enter("c"));
        assert!(has_place(&mut next).is_none());
        drop(place);
        drop(gone);
        let place = has_place(&mut next).unwrap();
        drop(place);
        assert_eq!(places.state().free, 1);
    }
}
