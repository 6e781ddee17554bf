use std::{
    collections::HashMap,
    ptr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{document::ListRules, list::StatusList, source::ListSource};
use crate::{Reason, Rejection};

/// The lists that tokens have named. Only a token that is good otherwise gets here, so it is the
/// issuer who decides how many there are, and the operator how much of them is kept.
#[derive(Debug)]
pub(super) struct Shelf {
    rules: Arc<ListRules>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    sources: HashMap<Box<str>, Used>,
    /// How long their lists are together.
    bytes: usize,
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

    pub(super) fn new(rules: Arc<ListRules>) -> Self {
        Self {
            rules,
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
            self.rules.telemetry.kept(known.bytes, 1);
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
        let mut known = self.known();
        if !known.has(source) {
            return Err(NoPlace::Forgotten);
        }
        let others = known.bytes.saturating_sub(source.kept().bytes());
        let all = others.saturating_add(list.statuses.length());
        let made = known.make_room(all.saturating_sub(self.rules.max_bytes), source)?;
        source.kept().take_over(list);
        known.bytes = others
            .saturating_sub(made.bytes)
            .saturating_add(source.kept().bytes());
        self.rules.telemetry.kept(known.bytes, made.lists);
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

/// Room that was made.
#[derive(Debug, Default)]
struct Made {
    bytes: usize,
    lists: usize,
}

impl Known {
    fn has(&self, source: &ListSource) -> bool {
        let used = self.sources.get(&source.uri);
        used.is_some_and(|used| used.is(source))
    }

    /// Drops the lists of other sources than this until so many bytes are free, or none of them.
    fn make_room(&self, lacking: usize, source: &ListSource) -> Result<Made, NoPlace> {
        let mut made = Made::default();
        if lacking == 0 {
            return Ok(made);
        }
        let mut idle: Vec<_> = self.sources.values().collect();
        idle.retain(|used| !used.is(source) && used.source.is_idle());
        if idle
            .iter()
            .map(|used| used.source.kept().bytes())
            .sum::<usize>()
            < lacking
        {
            return Err(NoPlace::Full);
        }
        idle.sort_unstable_by_key(|used| used.last);
        for used in idle {
            if made.bytes >= lacking {
                break;
            }
            let freed = used.source.kept().drop_list();
            made.bytes += freed;
            made.lists += usize::from(freed > 0);
        }
        Ok(made)
    }

    /// Forgets the source that was not needed for longest.
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
        if let Some(forgotten) = self.sources.remove(&oldest) {
            self.bytes = self.bytes.saturating_sub(forgotten.source.kept().bytes());
        }
        Ok(())
    }
}

impl Used {
    fn is(&self, source: &ListSource) -> bool {
        ptr::eq(Arc::as_ptr(&self.source), source)
    }
}
