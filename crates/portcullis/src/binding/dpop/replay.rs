use std::{
    collections::{HashMap, HashSet},
    mem,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;

use crate::{Reason, Rejection, SharedStore, StateKeys, Thumbprint, shared_state::proof_name};

/// Which proofs were used: in this process, and in a store that several share.
#[derive(Clone)]
pub(super) struct Replays {
    memory: Arc<Mutex<Memory>>,
    per_key: usize,
    store: Option<(Arc<dyn SharedStore>, StateKeys)>,
}

/// A proof that is good once: whoever lets its request in takes it first.
pub(crate) struct ProofUse {
    replays: Replays,
    name: [u8; 32],
    key: Thumbprint,
    /// How long it could come again.
    lives: Duration,
}

/// Whether a proof could be taken, now or when a store has answered.
pub(crate) enum Taken {
    Now(Result<(), Rejection>),
    Later(Pin<Box<dyn Future<Output = Result<(), Rejection>> + Send>>),
}

impl Default for Replays {
    fn default() -> Self {
        Self {
            memory: Arc::default(),
            per_key: 10_000,
            store: None,
        }
    }
}

impl Replays {
    pub(super) fn shared(mut self, store: Arc<dyn SharedStore>, keys: &StateKeys) -> Self {
        self.store = Some((store, keys.clone()));
        self
    }

    pub(super) fn per_key(mut self, proofs: usize) -> Self {
        self.per_key = proofs;
        self
    }

    /// The proof of this `jti`, by this key, for this address (RFC 9449 §11.1).
    pub(super) fn proof(
        &self,
        key: Thumbprint,
        htu: &str,
        jti: &str,
        window: Duration,
    ) -> ProofUse {
        let mut name = [0; 32];
        let mut context = Context::new(&SHA256);
        context.update(key.as_bytes());
        context.update(&htu.len().to_be_bytes());
        context.update(htu.as_bytes());
        context.update(jti.as_bytes());
        name.copy_from_slice(context.finish().as_ref());
        ProofUse {
            replays: self.clone(),
            name,
            key,
            // From a window before its `iat` to a window after it, and a second for rounding.
            lives: window * 2 + Duration::from_secs(1),
        }
    }
}

impl ProofUse {
    /// How long a store is waited for.
    const PATIENCE: Duration = Duration::from_secs(2);

    /// Takes the proof: of all who try, one succeeds.
    pub(crate) fn take(self, now: Instant) -> Taken {
        let taken = {
            let mut memory = self
                .replays
                .memory
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            memory.take(&self, now)
        };
        match (taken, &self.replays.store) {
            (Ok(()), Some((store, keys))) => {
                let name = proof_name(keys, &self.name);
                let entry = Bytes::from_static(b"used");
                let taking = store.put_if_absent(name, entry, self.lives);
                Taken::Later(Box::pin(async move {
                    match tokio::time::timeout(Self::PATIENCE, taking).await {
                        Ok(Ok(true)) => Ok(()),
                        Ok(Ok(false)) => Err(replayed()),
                        Ok(Err(error)) => Err(unknown(&error.to_string())),
                        Err(_) => Err(unknown("the store does not answer")),
                    }
                }))
            }
            (taken, _) => Taken::Now(taken),
        }
    }
}

fn replayed() -> Rejection {
    Rejection::because(Reason::ProofReplayed, "the DPoP proof was used before")
}

fn unknown(problem: &str) -> Rejection {
    Rejection::because(
        Reason::ProofUseUnknown,
        format!("whether the DPoP proof was used before cannot be told: {problem}"),
    )
}

/// The proofs of the last while, in two halves: what is in neither is too old to be good again.
#[derive(Default)]
struct Memory {
    began: Option<Instant>,
    newer: Half,
    older: Half,
}

#[derive(Default)]
struct Half {
    used: HashSet<[u8; 32]>,
    by_key: HashMap<Thumbprint, usize>,
}

impl Memory {
    /// How many are remembered of all keys together, in each half.
    const LIMIT: usize = 1_000_000;

    fn take(&mut self, proof: &ProofUse, now: Instant) -> Result<(), Rejection> {
        self.forget(now, proof.lives);
        if self.newer.used.contains(&proof.name) || self.older.used.contains(&proof.name) {
            return Err(replayed());
        }
        let of_key = self.newer.of_key(&proof.key) + self.older.of_key(&proof.key);
        if of_key >= proof.replays.per_key || self.newer.used.len() >= Self::LIMIT {
            return Err(unknown("too many proofs were used lately"));
        }
        self.newer.used.insert(proof.name);
        *self.newer.by_key.entry(proof.key).or_default() += 1;
        Ok(())
    }

    fn forget(&mut self, now: Instant, lives: Duration) {
        let began = *self.began.get_or_insert(now);
        let age = now.saturating_duration_since(began);
        if age < lives {
            return;
        }
        self.older = mem::take(&mut self.newer);
        if age >= lives * 2 {
            self.older = Half::default();
        }
        self.began = Some(now);
    }
}

impl Half {
    fn of_key(&self, key: &Thumbprint) -> usize {
        self.by_key.get(key).copied().unwrap_or_default()
    }
}
