use std::{
    collections::{HashMap, HashSet},
    mem,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;

use crate::{
    Reason, Rejection, SharedStore, StateKeys, StoreError, Thumbprint, Timestamp,
    shared_state::proof_names,
};

/// Which proofs were used: in this process, and in a store that several share.
#[derive(Clone)]
pub(super) struct Replays {
    memory: Arc<Mutex<Memory>>,
    per_key: usize,
    /// In each half of the memory.
    of_all_keys: usize,
    store: Option<Arc<Shared>>,
}

/// What is remembered by several processes together.
struct Shared {
    store: Arc<dyn SharedStore>,
    keys: StateKeys,
    /// Whether the last answer was none.
    is_failing: AtomicBool,
}

/// A proof that is good once: whoever lets its request in takes it first.
pub(crate) struct ProofUse {
    replays: Replays,
    name: [u8; 32],
    key: Thumbprint,
    iat: Timestamp,
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
            of_all_keys: 1_000_000,
            store: None,
        }
    }
}

impl Replays {
    pub(super) fn shared(self, store: Arc<dyn SharedStore>, keys: &StateKeys) -> Self {
        Self {
            memory: Arc::default(),
            store: Some(Arc::new(Shared {
                store,
                keys: keys.clone(),
                is_failing: AtomicBool::new(false),
            })),
            ..self
        }
    }

    /// Whether a proof that these have taken cannot be used where the others are asked.
    pub(super) fn reach_as_far_as(&self, other: &Self) -> bool {
        self.store.is_some() || other.store.is_none()
    }

    pub(super) fn per_key(mut self, proofs: usize) -> Self {
        self.per_key = proofs;
        self
    }

    pub(super) fn of_all_keys(mut self, proofs: usize) -> Self {
        self.of_all_keys = proofs.div_ceil(2);
        self
    }

    /// The proof of this `jti`, by this key, for this address (RFC 9449 §11.1).
    pub(super) fn proof(
        &self,
        key: Thumbprint,
        htu: &str,
        jti: &str,
        iat: Timestamp,
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
            iat,
            // From a window before its `iat` to a window after it, and a second for rounding.
            lives: window
                .saturating_mul(2)
                .saturating_add(Duration::from_secs(1)),
        }
    }
}

impl ProofUse {
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
            (Ok(()), Some(shared)) => {
                let shared = shared.clone();
                Taken::Later(Box::pin(async move {
                    shared.take(&self.name, self.lives).await
                }))
            }
            (taken, _) => Taken::Now(taken),
        }
    }
}

impl Shared {
    /// How long the store is waited for.
    const PATIENCE: Duration = Duration::from_secs(2);

    async fn take(&self, proof: &[u8], lives: Duration) -> Result<(), Rejection> {
        let taking = self.take_all(proof, lives);
        let problem = match tokio::time::timeout(Self::PATIENCE, taking).await {
            Ok(Ok(is_first)) => {
                self.is_failing.store(false, Ordering::Relaxed);
                return if is_first { Ok(()) } else { Err(replayed()) };
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer within 2 seconds".to_owned(),
        };
        if !self.is_failing.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "portcullis::dpop",
                "the store in which instances remember proofs does not answer, and requests with proofs get 503 until it does: {problem}"
            );
        }
        Err(unknown(&problem))
    }

    /// Takes the proof under each of its names; whether none was taken before.
    async fn take_all(&self, proof: &[u8], lives: Duration) -> Result<bool, StoreError> {
        for name in proof_names(&self.keys, proof) {
            let entry = Bytes::from_static(b"used");
            if !self.store.put_if_absent(name, entry, lives).await? {
                return Ok(false);
            }
        }
        Ok(true)
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
///
/// Ages are measured by a clock that never goes back, dates are held against one that may be set
/// back: proofs as old as one that was forgotten are then no longer too old, and not taken.
#[derive(Default)]
struct Memory {
    began: Option<Instant>,
    /// How long any of the proofs could come again: their windows may differ.
    lives: Duration,
    newer: Half,
    older: Half,
    /// The newest date of all that were forgotten.
    forgotten: Option<Timestamp>,
}

#[derive(Default)]
struct Half {
    /// The newest date of all.
    newest: Option<Timestamp>,
    used: HashSet<[u8; 32]>,
    by_key: HashMap<Thumbprint, usize>,
}

impl Memory {
    fn take(&mut self, proof: &ProofUse, now: Instant) -> Result<(), Rejection> {
        self.lives = self.lives.max(proof.lives);
        self.forget(now);
        if self.newer.used.contains(&proof.name) || self.older.used.contains(&proof.name) {
            return Err(replayed());
        }
        if Some(proof.iat) <= self.forgotten {
            return Err(unknown("our clock was set back"));
        }
        let of_key = self.newer.of_key(&proof.key) + self.older.of_key(&proof.key);
        let Replays {
            per_key,
            of_all_keys,
            ..
        } = &proof.replays;
        if of_key >= *per_key || self.newer.used.len() >= *of_all_keys {
            return Err(unknown("too many proofs were used lately"));
        }
        self.newer.used.insert(proof.name);
        self.newer.newest = self.newer.newest.max(Some(proof.iat));
        *self.newer.by_key.entry(proof.key).or_default() += 1;
        Ok(())
    }

    fn forget(&mut self, now: Instant) {
        let began = *self.began.get_or_insert(now);
        let age = now.saturating_duration_since(began);
        if age < self.lives {
            return;
        }
        self.grow_older();
        if age >= self.lives.saturating_mul(2) {
            self.grow_older();
        }
        self.began = Some(now);
    }

    fn grow_older(&mut self) {
        self.forgotten = self.forgotten.max(self.older.newest);
        self.older = mem::take(&mut self.newer);
    }
}

impl Half {
    fn of_key(&self, key: &Thumbprint) -> usize {
        self.by_key.get(key).copied().unwrap_or_default()
    }
}
