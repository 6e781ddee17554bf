use std::{
    array, fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::sync::{Notify, futures::OwnedNotified};

use super::{
    RevocationSet,
    entries::{Key, Kind, Place},
};
use crate::{
    TokenFacts,
    concurrency::{Mutex, MutexGuard, PoisonError},
};

impl RevocationSet {
    /// Waits for news that may be about the token of these facts: whatever comes from the moment on at
    /// which this is called. It does not say what is new.
    pub(crate) fn news_of(&self, facts: &TokenFacts) -> impl Future<Output = ()> + Send + use<> {
        self.inner.bells.any_of(facts.places().iter())
    }
}

/// What wakes those who hold a token for long when there is news that may be about it. They are hung
/// once somebody waits.
#[derive(Default)]
pub(super) struct Bells {
    hung: Mutex<Option<Arc<Hung>>>,
}

struct Hung {
    /// For what may concern every token.
    everybody: Arc<Notify>,
    /// Each for a share of all names: the end of one session wakes few of those whom it does not
    /// concern.
    by_name: [Arc<Notify>; Hung::SHARES],
}

impl Bells {
    /// Something is known of this key now that was not.
    pub(super) fn ring(&self, key: Key<'_>) {
        let Some(hung) = self.hung().clone() else {
            return;
        };
        match key.kind {
            // Nobody waits by an address.
            Kind::SuspectEmail => hung.everybody.notify_waiters(),
            _ => hung.of(key.name.place).notify_waiters(),
        }
    }

    /// Something is known now that may concern every token.
    pub(super) fn ring_for_everybody(&self) {
        if let Some(hung) = self.hung().clone() {
            hung.everybody.notify_waiters();
        }
    }

    /// Waits for one of those that belong to these places. Each counts from here on, whether it is polled
    /// or not.
    fn any_of(&self, places: impl Iterator<Item = Place>) -> Listening {
        let hung = self.hung().get_or_insert_default().clone();
        let bells = places.map(|place| hung.of(place)).chain([&hung.everybody]);
        Listening(
            bells
                .map(|bell| Box::pin(bell.clone().notified_owned()))
                .collect(),
        )
    }

    /// Its lock orders those who wait and those who ring: who waits first is heard of by who rings, and
    /// who rings first has put in before what the other looks for afterwards.
    fn hung(&self) -> MutexGuard<'_, Option<Arc<Hung>>> {
        self.hung.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until one of several bells rings.
struct Listening(Vec<Pin<Box<OwnedNotified>>>);

impl Future for Listening {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut bells = self.0.iter_mut();
        if bells.any(|bell| bell.as_mut().poll(cx).is_ready()) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

impl Hung {
    const SHARES: usize = 256;

    fn of(&self, place: Place) -> &Arc<Notify> {
        let share = place.share_of(Self::SHARES);
        self.by_name.get(share).unwrap_or(&self.everybody)
    }
}

impl Default for Hung {
    fn default() -> Self {
        Self {
            everybody: Arc::default(),
            by_name: array::from_fn(|_| Arc::default()),
        }
    }
}

impl fmt::Debug for Bells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bells")
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn place(name: &str) -> Place {
        Place::of(name)
    }

    /// Names that do not share a bell.
    fn strangers(to: &str) -> impl Iterator<Item = String> {
        let share = place(to).share_of(Hung::SHARES);
        let names = (0..100).map(|number| format!("stranger-{number}"));
        names.filter(move |name| place(name).share_of(Hung::SHARES) != share)
    }

    fn is_rung(waiting: &mut Listening) -> bool {
        let mut cx = Context::from_waker(Waker::noop());
        Pin::new(waiting).poll(&mut cx).is_ready()
    }

    #[test]
    fn whoever_waits_hears_of_its_own_names_and_of_hardly_any_other() {
        let bells = Bells::default();
        let names = ["session", "subject"];
        let waiting = || bells.any_of(names.into_iter().map(place));
        let mut idle = waiting();
        for stranger in
            strangers("session").filter(|name| strangers("subject").any(|it| it == *name))
        {
            bells.ring(Key::new(Kind::Session, stranger.as_str()));
        }
        assert!(!is_rung(&mut idle));
        for name in names {
            let mut waiting = waiting();
            bells.ring(Key::new(Kind::Session, name));
            assert!(is_rung(&mut waiting), "{name}");
        }
        assert!(is_rung(&mut idle));
    }

    #[test]
    fn what_rang_before_is_not_waited_for() {
        let bells = Bells::default();
        bells.ring(Key::new(Kind::Session, "session"));
        let mut waiting = bells.any_of([place("session")].into_iter());
        assert!(!is_rung(&mut waiting));
        bells.ring_for_everybody();
        assert!(is_rung(&mut waiting));
    }

    /// Tokens are not waited with by their addresses.
    #[test]
    fn an_address_rings_for_everybody() {
        let bells = Bells::default();
        let mut waiting = bells.any_of([place("session")].into_iter());
        bells.ring(Key::new(Kind::SuspectEmail, "ali@example.com"));
        assert!(is_rung(&mut waiting));
    }
}
