//! Cut-offs: tokens that were issued earlier are inactive, all of them or those of one client.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::lock::Lock;

/// In seconds as JWT claims count them; 0 where there is none.
#[derive(Debug, Default)]
pub(crate) struct NotBefore {
    realm: AtomicU64,
    clients: Lock<HashMap<String, u64>>,
}

impl NotBefore {
    pub(crate) fn realm(&self) -> u64 {
        self.realm.load(Ordering::SeqCst)
    }

    pub(crate) fn set_realm(&self, seconds: u64) {
        self.realm.store(seconds, Ordering::SeqCst);
    }

    pub(crate) fn set_client(&self, client: &str, seconds: u64) {
        self.clients.lock().insert(client.to_owned(), seconds);
    }

    /// What a token of this client is held against: the later of both.
    pub(crate) fn for_tokens_of(&self, client: &str) -> u64 {
        self.client(client).max(self.realm())
    }

    /// What Keycloak pushes to a client: its own, or that of the realm if it has none.
    pub(crate) fn pushed_to(&self, client: &str) -> u64 {
        match self.client(client) {
            0 => self.realm(),
            own => own,
        }
    }

    fn client(&self, client: &str) -> u64 {
        self.clients.lock().get(client).copied().unwrap_or_default()
    }
}
