use std::{borrow::Cow, collections::HashSet};

use serde::{Deserialize, de::Error};

/// How many names a claims set has at the most, as a rule.
pub(in crate::claims) const FEW: usize = 32;
/// The same of the objects in it.
pub(super) const FEW_WITHIN: usize = 8;

/// A member's name, borrowed where it has no escapes.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub(in crate::claims) struct Name<'a>(#[serde(borrow)] pub(in crate::claims) Cow<'a, str>);

/// The names of one object: so many that are found by looking through them, and the others.
pub(in crate::claims) struct Names<'a, const FEW: usize> {
    /// A bit for each name that was seen, by its letters at the ends and its length: most need no other look.
    seen: u64,
    /// The first ones: in a few it is looked quicker than it is hashed. They are borrowed, and not
    /// allocated.
    few: [&'a str; FEW],
    count: usize,
    more: Option<HashSet<Cow<'a, str>>>,
}

impl<const FEW: usize> Default for Names<'_, FEW> {
    fn default() -> Self {
        Self {
            seen: 0,
            few: [""; FEW],
            count: 0,
            more: None,
        }
    }
}

impl<'a, const FEW: usize> Names<'a, FEW> {
    /// Adds a name that must not be there yet.
    pub(in crate::claims) fn add<E: Error>(&mut self, Name(name): Name<'a>) -> Result<(), E> {
        let bit = bit_of(&name);
        if self.seen & bit != 0 && self.is_among(&name) {
            return Err(stands_twice());
        }
        self.seen |= bit;
        match (name, self.few.get_mut(self.count)) {
            (Cow::Borrowed(name), Some(free)) => {
                *free = name;
                self.count += 1;
            }
            (name, _) => {
                self.more.get_or_insert_default().insert(name);
            }
        }
        Ok(())
    }

    /// Whether a name is there.
    pub(in crate::claims) fn contains(&self, name: &str) -> bool {
        self.seen & bit_of(name) != 0 && self.is_among(name)
    }

    fn is_among(&self, name: &str) -> bool {
        self.few.iter().take(self.count).any(|few| *few == name)
            || self.more.as_ref().is_some_and(|more| more.contains(name))
    }
}

/// Of an object that has a name twice.
pub(in crate::claims) fn stands_twice<E: Error>() -> E {
    E::custom("a member name stands twice")
}

/// One of 64 bits, the same for the same name. Hardly two of the names that claims have share one.
fn bit_of(name: &str) -> u64 {
    let mut bytes = name.bytes();
    let first = usize::from(bytes.next().unwrap_or_default());
    let last = usize::from(bytes.next_back().unwrap_or_default());
    1 << ((7 * first + 3 * last + 9 * name.len()) % 64)
}
