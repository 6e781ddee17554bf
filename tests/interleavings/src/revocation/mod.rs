//! What is over, and who hears of it.

#[expect(dead_code, reason = "not everything is explored")]
#[path = "../../../../crates/portcullis/src/revocation/bells.rs"]
mod bells;
#[expect(dead_code, unused_imports, reason = "not everything is explored")]
#[path = "../../../../crates/portcullis/src/revocation/entries/mod.rs"]
mod entries;
mod put_in;
mod rung;

use std::sync::Arc;

use self::{
    bells::Bells,
    entries::{Entries, Place},
};
use crate::Explored;

pub(crate) const EXPLORED: &[Explored] = &[
    Explored::new(
        "what was put in is found from then on, and the later counts",
        put_in::found,
    ),
    Explored::new("another table has everything that lives", put_in::grown),
    Explored::new(
        "what a look-up has prolonged stays prolonged",
        put_in::prolonged,
    ),
    Explored::new("whoever waits for news misses none", rung::heard),
];

/// The parts of a set that are explored.
pub(crate) struct RevocationSet {
    inner: Arc<Inner>,
}

struct Inner {
    entries: Entries,
    bells: Bells,
}

/// The names of a token.
pub(crate) struct TokenFacts {
    places: Places,
}

impl TokenFacts {
    fn places(&self) -> &Places {
        &self.places
    }
}

/// Where they are looked for.
struct Places(Vec<Place>);

impl Places {
    fn iter(&self) -> impl Iterator<Item = Place> {
        self.0.iter().copied()
    }
}
