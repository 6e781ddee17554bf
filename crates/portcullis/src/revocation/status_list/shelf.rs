use std::{
    collections::HashMap,
    ptr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{list::StatusList, source::ListSource};
use crate::{Reason, Rejection};

/// The lists that tokens have named. Only a token that is good otherwise gets here, so it is the
/// issuer who decides how many there are, and the operator how much of them is kept.
#[derive(Debug)]
pub(super) struct Shelf {
    /// How long all lists together may be, in bytes.
    most_bytes: usize,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    sources: HashMap<Box<str>, Used>,
    /// How often one was looked for.
    looks: u64,
}

#[derive(Debug)]
struct Used {
    source: Arc<ListSource>,
    /// The number of the last look.
    last: u64,
}

impl Shelf {
    /// How many lists are known. The one that was not needed for longest gives way to a new one,
    /// unless it was asked for just now: who forgets that asks again.
    const MOST: usize = 4096;

    pub(super) fn new(most_bytes: usize) -> Self {
        Self {
            most_bytes,
            known: Mutex::default(),
        }
    }

    /// The list of this address; one that is not known yet is described by `source`.
    pub(super) fn find(
        &self,
        uri: &str,
        source: impl FnOnce() -> Result<ListSource, Rejection>,
    ) -> Result<Arc<ListSource>, Rejection> {
        let mut known = self.known();
        known.looks += 1;
        let last = known.looks;
        if let Some(used) = known.sources.get_mut(uri) {
            used.last = last;
            return Ok(used.source.clone());
        }
        let source = Arc::new(source()?);
        if known.sources.len() >= Self::MOST {
            known.make_way()?;
        }
        let used = Used {
            source: source.clone(),
            last,
        };
        known.sources.insert(uri.into(), used);
        Ok(source)
    }

    /// Keeps the list of a source, in the place of its last one and of those that were not needed for
    /// longest. One that was fetched just now makes no room: it would be fetched again at once.
    pub(super) fn keep(&self, source: &ListSource, list: StatusList) -> Result<(), NoPlace> {
        let known = self.known();
        if !known.has(source) {
            return Err(NoPlace::Forgotten);
        }
        let mut others: Vec<_> = known.sources.values().collect();
        others.retain(|other| !ptr::eq(Arc::as_ptr(&other.source), source));
        let taken: usize = others.iter().map(|other| other.source.bytes()).sum();
        let mut lacking = taken
            .saturating_add(list.statuses.length())
            .saturating_sub(self.most_bytes);
        if lacking > 0 {
            others.retain(|other| other.source.is_idle());
            others.sort_unstable_by_key(|other| other.last);
            let idle: usize = others.iter().map(|other| other.source.bytes()).sum();
            if idle < lacking {
                return Err(NoPlace::Full);
            }
        }
        for other in others {
            if lacking == 0 {
                break;
            }
            lacking = lacking.saturating_sub(other.source.drop_list());
        }
        source.take_over(list);
        Ok(())
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a list is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoPlace {
    #[error("the lists of the last seconds leave no room for it; see `StatusLists::max_bytes`")]
    Full,
    #[error("it came so late that nobody waits for it any more")]
    Forgotten,
}

impl Known {
    fn has(&self, source: &ListSource) -> bool {
        let used = self.sources.get(&source.uri);
        used.is_some_and(|used| ptr::eq(Arc::as_ptr(&used.source), source))
    }

    fn make_way(&mut self) -> Result<(), Rejection> {
        let idle = self
            .sources
            .iter()
            .filter(|(_, used)| used.source.is_idle());
        let oldest = idle.min_by_key(|(_, used)| used.last);
        let oldest = oldest.map(|(uri, _)| uri.clone()).ok_or_else(|| {
            Rejection::because(
                Reason::StatusUnavailable,
                "the tokens of the last seconds name more status lists than are kept at once",
            )
        })?;
        self.sources.remove(&oldest);
        Ok(())
    }
}
