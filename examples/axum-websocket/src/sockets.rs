//! The sockets that are open: how many there may be of one caller, and how all of them end.

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
    open: Arc<Mutex<HashMap<String, usize>>>,
    closing: Arc<watch::Sender<bool>>,
}

/// The place of one open socket. Dropping it makes room for another one.
pub(crate) struct Place {
    subject: String,
    open: Arc<Mutex<HashMap<String, usize>>>,
    closing: watch::Receiver<bool>,
}

impl Sockets {
    pub(crate) fn new(recheck_every: Duration) -> Self {
        Self {
            recheck_every,
            open: Arc::default(),
            closing: Arc::new(watch::Sender::new(false)),
        }
    }

    /// A place for one more socket of this caller; `None` where it has as many as it may have.
    pub(crate) fn place(&self, subject: &str) -> Option<Place> {
        let mut open = lock(&self.open);
        let count = open.entry(subject.to_owned()).or_default();
        if *count >= OF_ONE_CALLER {
            return None;
        }
        *count += 1;
        Some(Place {
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
        if let Entry::Occupied(mut count) = lock(&self.open).entry(subject) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

/// Nothing panics while it is held.
fn lock(open: &Mutex<HashMap<String, usize>>) -> MutexGuard<'_, HashMap<String, usize>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}
