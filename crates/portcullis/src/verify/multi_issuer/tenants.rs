use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::TokenVerifier;

type Admit = dyn Fn(&str) -> Option<Arc<dyn TokenVerifier>> + Send + Sync;

/// The issuers that were admitted, the ones last used.
#[derive(Clone)]
pub(super) struct Tenants {
    admit: Arc<Admit>,
    limit: usize,
    table: Arc<Mutex<Table>>,
}

#[derive(Default)]
struct Table {
    /// Counts the uses.
    now: u64,
    kept: HashMap<Arc<str>, Kept>,
}

struct Kept {
    verifier: Arc<dyn TokenVerifier>,
    used: u64,
}

impl Tenants {
    pub(super) fn new(
        limit: usize,
        admit: impl Fn(&str) -> Option<Arc<dyn TokenVerifier>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            admit: Arc::new(admit),
            limit: limit.max(1),
            table: Arc::default(),
        }
    }

    /// The verifier of an issuer that is on the list.
    pub(super) fn find(&self, issuer: &str) -> Option<Arc<dyn TokenVerifier>> {
        if let Some(verifier) = self.table().find(issuer) {
            return Some(verifier);
        }
        // Without the lock: the list is the application's own.
        let admitted = (self.admit)(issuer)?;
        Some(self.table().keep(issuer, admitted, self.limit))
    }

    fn table(&self) -> std::sync::MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn find(&mut self, issuer: &str) -> Option<Arc<dyn TokenVerifier>> {
        self.now += 1;
        let kept = self.kept.get_mut(issuer)?;
        kept.used = self.now;
        Some(kept.verifier.clone())
    }

    /// Keeps a verifier, unless another request was quicker: then that one's counts.
    fn keep(
        &mut self,
        issuer: &str,
        verifier: Arc<dyn TokenVerifier>,
        limit: usize,
    ) -> Arc<dyn TokenVerifier> {
        if let Some(verifier) = self.find(issuer) {
            return verifier;
        }
        while self.kept.len() >= limit {
            let oldest = self.kept.iter().min_by_key(|(_, kept)| kept.used);
            let Some(oldest) = oldest.map(|(issuer, _)| issuer.clone()) else {
                break;
            };
            self.kept.remove(&oldest);
        }
        let kept = Kept {
            verifier: verifier.clone(),
            used: self.now,
        };
        self.kept.insert(issuer.into(), kept);
        verifier
    }
}
