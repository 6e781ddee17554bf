use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use moka::{policy::EvictionPolicy, sync::Cache};

/// Which token was called active last, and when the call began that said so: what clears a doubt
/// about this very token and about no other. Losing one costs a call.
pub(super) struct Vouchers {
    /// What is kept of a token is changed where it stands: the cache learns nothing by it.
    began: Cache<TokenMark, Arc<Mutex<Instant>>>,
    secrets: [RandomState; 2],
}

/// A token as this process remembers it: a digest under a secret of its own, of as much of the
/// token as tells it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TokenMark(u64, u64);

impl Vouchers {
    const LIMIT: u64 = 200_000;
    /// Of a JWT the end of its signature is enough; nothing shorter is cut.
    const TAIL: usize = 64;

    pub(super) fn new() -> Self {
        Self {
            began: Cache::builder()
                .max_capacity(Self::LIMIT)
                .eviction_policy(EvictionPolicy::lru())
                .build(),
            secrets: [RandomState::new(), RandomState::new()],
        }
    }

    /// The mark of a token. Only of a JWT whose signature is good, or that the server calls active,
    /// may anything be concluded from it.
    pub(super) fn mark(&self, token: &str) -> TokenMark {
        let bytes = token.as_bytes();
        // The tail is looked through, and then the beginning: what lies between is long, and says nothing.
        let tail = match bytes.split_last_chunk::<{ Self::TAIL }>() {
            Some((rest, tail)) if !tail.contains(&b'.') && rest.contains(&b'.') => tail,
            _ => bytes,
        };
        let [first, second] = &self.secrets;
        TokenMark(digest(first, tail), digest(second, tail))
    }

    /// When the last call began that called the token active.
    pub(super) fn last(&self, mark: TokenMark) -> Option<Instant> {
        let began = self.began.get(&mark)?;
        let began = began.lock().unwrap_or_else(PoisonError::into_inner);
        Some(*began)
    }

    /// Remembers that a call which began then called the token active.
    pub(super) fn note(&self, mark: TokenMark, began: Instant) {
        if let Some(last) = self.began.get(&mark) {
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            *last = began.max(*last);
            return;
        }
        // There is one call at a time about a token. Should two come to this at once all the same, the
        // earlier one may stay: that costs a call.
        self.began.insert(mark, Arc::new(Mutex::new(began)));
    }
}

fn digest(secret: &RandomState, bytes: &[u8]) -> u64 {
    let mut hasher = secret.build_hasher();
    hasher.write(bytes);
    hasher.finish()
}
