use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::source::ListSource;
use crate::{Clock, Reason, Rejection};

/// The lists that tokens have named. Only a token that is good otherwise gets here, so it is the
/// issuer who decides how many there are.
#[derive(Debug, Default)]
pub(super) struct Shelf {
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

    /// The list of this address; one that is not known yet is described by `source`.
    pub(super) fn find(
        &self,
        uri: &str,
        clock: &dyn Clock,
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
            known.make_way(clock)?;
        }
        let used = Used {
            source: source.clone(),
            last,
        };
        known.sources.insert(uri.into(), used);
        Ok(source)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn make_way(&mut self, clock: &dyn Clock) -> Result<(), Rejection> {
        let idle = self
            .sources
            .iter()
            .filter(|(_, used)| used.source.is_idle(clock));
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
