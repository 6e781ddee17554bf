//! What the server knows of its sessions: who takes part, and whether they have ended.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use crate::{gate::Barriers, lock::Lock, server::State};

/// Every `sid` that is not known here to have ended, lives.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    known: Lock<HashMap<String, Record>>,
    /// Where a logout waits between its notices and the end.
    pub(crate) end_gates: Barriers,
    revivable: AtomicBool,
    revived: AtomicUsize,
}

#[derive(Debug, Default)]
struct Record {
    user: Option<String>,
    /// In the order they came.
    clients: Vec<String>,
    /// Clients for which it is over, while it goes on for the others.
    left: Vec<String>,
    ended: bool,
    /// Requests that found the session alive and are not answered yet.
    uses: usize,
}

/// What a logout begins with: whom the session belongs to, and who has to be told.
pub(crate) struct Participants {
    pub(crate) user: Option<String>,
    pub(crate) clients: Vec<String>,
}

impl Sessions {
    /// Makes a session known, with its user if that is known.
    pub(crate) fn begin(&self, id: &str, user: Option<&str>) {
        let mut known = self.known.lock();
        let record = known.entry(id.to_owned()).or_default();
        if record.user.is_none() {
            record.user = user.map(str::to_owned);
        }
    }

    pub(crate) fn join(&self, id: &str, client: &str) {
        let mut known = self.known.lock();
        let record = known.entry(id.to_owned()).or_default();
        let known = record.clients.iter().chain(&record.left);
        if !known.into_iter().any(|known| known == client) {
            record.clients.push(client.to_owned());
        }
    }

    /// Ends it for one client alone, which is told of nothing from now on.
    pub(crate) fn leave(&self, id: &str, client: &str) {
        let mut known = self.known.lock();
        let record = known.entry(id.to_owned()).or_default();
        record.clients.retain(|joined| joined != client);
        record.left.push(client.to_owned());
    }

    /// `None` if there is no such session, or no longer.
    pub(crate) fn participants(&self, id: &str) -> Option<Participants> {
        let known = self.known.lock();
        let record = known.get(id).filter(|record| !record.ended)?;
        Some(Participants {
            user: record.user.clone(),
            clients: record.clients.clone(),
        })
    }

    /// Whether it goes on, for this client too.
    pub(crate) fn is_living(&self, id: &str, client: &str) -> bool {
        let known = self.known.lock();
        known
            .get(id)
            .is_none_or(|record| !record.ended && !record.left.iter().any(|left| left == client))
    }

    pub(crate) fn end(&self, id: &str) {
        self.known.lock().entry(id.to_owned()).or_default().ended = true;
    }

    pub(crate) fn end_all(&self) {
        for record in self.known.lock().values_mut() {
            record.ended = true;
        }
    }

    /// The end behind the notices. A session that is being used at this moment outlives it, if
    /// the server has that defect.
    pub(crate) fn end_after_notices(&self, id: &str) {
        let mut known = self.known.lock();
        let record = known.entry(id.to_owned()).or_default();
        if self.revivable.load(Ordering::SeqCst) && record.uses > 0 && !record.ended {
            self.revived.fetch_add(1, Ordering::SeqCst);
        } else {
            record.ended = true;
        }
    }

    pub(crate) fn set_revivable(&self, revivable: bool) {
        self.revivable.store(revivable, Ordering::SeqCst);
    }

    pub(crate) fn revived_count(&self) -> usize {
        self.revived.load(Ordering::SeqCst)
    }
}

/// A request that has found a session alive, until it is answered.
#[derive(Debug)]
pub(crate) struct SessionUse {
    state: Arc<State>,
    id: String,
}

impl SessionUse {
    /// `None` if there is no such session, or no longer.
    pub(crate) fn begin(state: &Arc<State>, id: &str) -> Option<Self> {
        let mut known = state.sessions.known.lock();
        let record = known.get_mut(id).filter(|record| !record.ended)?;
        record.uses += 1;
        Some(Self {
            state: Arc::clone(state),
            id: id.to_owned(),
        })
    }
}

impl Drop for SessionUse {
    fn drop(&mut self) {
        if let Some(record) = self.state.sessions.known.lock().get_mut(&self.id) {
            record.uses = record.uses.saturating_sub(1);
        }
    }
}
