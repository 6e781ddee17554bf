//! The sockets that are open: how many there may be, of one caller and of all, and how all of them end.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

/// How many sockets one caller may have open.
const OF_ONE_CALLER: usize = 8;

/// What all sockets have in common. Clones are the same.
#[derive(Clone)]
pub(crate) struct Sockets {
    /// How old Keycloak's answer about the token of a socket may become.
    pub(crate) recheck_every: Duration,
    /// How many there may be of all callers.
    of_all: usize,
    open: Arc<Mutex<Open>>,
    closing: Arc<watch::Sender<bool>>,
}

/// How many sockets are open.
#[derive(Default)]
struct Open {
    of_all: usize,
    of_caller: HashMap<String, usize>,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// The caller has as many sockets as it may have.
    OfCaller,
    /// All callers together have.
    OfAll,
}

/// The place of one open socket. Dropping it makes room for another one.
pub(crate) struct Place {
    subject: String,
    open: Arc<Mutex<Open>>,
    closing: watch::Receiver<bool>,
}

impl Sockets {
    /// With places for so many sockets.
    pub(crate) fn new(recheck_every: Duration, of_all: usize) -> Self {
        Self {
            recheck_every,
            of_all,
            open: Arc::default(),
            closing: Arc::new(watch::Sender::new(false)),
        }
    }

    /// A place for one more socket of this caller.
    ///
    /// # Errors
    /// When there is none left, for this caller or for anybody.
    pub(crate) fn place(&self, subject: &str) -> Result<Place, Full> {
        let mut open = lock(&self.open);
        let of_caller = open.of_caller.get(subject).copied().unwrap_or_default();
        if of_caller >= OF_ONE_CALLER {
            return Err(Full::OfCaller);
        }
        if open.of_all >= self.of_all {
            return Err(Full::OfAll);
        }
        open.of_all += 1;
        open.of_caller.insert(subject.to_owned(), of_caller + 1);
        Ok(Place {
            subject: subject.to_owned(),
            open: self.open.clone(),
            closing: self.closing.subscribe(),
        })
    }

    /// Asks everybody to leave, now and from now on.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Waits until all places are free.
    pub(crate) async fn closed(&self) {
        self.closing.closed().await;
    }
}

impl Place {
    /// Waits until everybody is asked to leave.
    pub(crate) async fn closing(&mut self) {
        // Whoever cannot be asked any more is to leave as well.
        let _ = self.closing.wait_for(|closing| *closing).await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let subject = std::mem::take(&mut self.subject);
        let mut open = lock(&self.open);
        open.of_all -= 1;
        if let Entry::Occupied(mut count) = open.of_caller.entry(subject) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

/// Nothing panics while it is held.
fn lock(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}
