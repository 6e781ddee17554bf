use std::{iter, slice, sync::Arc};

use super::required::Required;

/// What a route requires of a token, in the order in which it was required. Whoever judges by it
/// holds on to it as it is; to add to it is to make another one.
#[derive(Clone, Default)]
pub(super) struct Requirements(Option<Arc<[Required]>>);

/// More was required than is remembered.
pub(super) struct Overflow;

impl Requirements {
    /// Far more than a route requires.
    pub(super) const MOST: usize = 1024;

    pub(super) fn iter(&self) -> slice::Iter<'_, Required> {
        self.0.as_deref().unwrap_or_default().iter()
    }

    /// Whether both are the same list, and not merely alike.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        }
    }

    /// The same with one more; `None` where it is there already. What cannot be remembered is refused:
    /// nobody would hold newer facts against it.
    pub(super) fn with(&self, required: &Required) -> Result<Option<Self>, Overflow> {
        if self.iter().any(|known| required.is_same_as(known)) {
            return Ok(None);
        }
        let added = iter::once(required.clone());
        let (replaced, all) = (|known: &&Required| required.replaces(known), self.iter());
        let list: Arc<[Required]> = match all.clone().filter(replaced).count() {
            0 if all.len() >= Self::MOST => return Err(Overflow),
            // Of a known length, so that it is made in one piece.
            0 => all.cloned().chain(added).collect(),
            _ => {
                let kept = all.filter(|known| !required.replaces(known));
                kept.cloned().chain(added).collect()
            }
        };
        Ok(Some(Self(Some(list))))
    }
}
