use super::key::Place;
use crate::concurrency::atomic::{AtomicU64, Ordering};

/// Tells in one look, at a twentieth of the memory that the entries themselves take up, that most
/// keys are not there. It may say "perhaps" of a key that is not.
#[derive(Debug)]
pub(super) struct Filter {
    words: Box<[AtomicU64]>,
}

impl Filter {
    /// Of absent keys one in thirty gets past, when all slots are taken.
    const BITS_PER_SLOT: usize = 12;

    pub(super) fn for_slots(slots: usize) -> Self {
        let words = slots
            .saturating_mul(Self::BITS_PER_SLOT)
            .div_ceil(64)
            .max(1);
        Self {
            words: (0..words).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Must be called before the key can be found.
    pub(super) fn add(&self, place: Place) {
        if let Some(word) = self.word(place) {
            word.fetch_or(bits(place), Ordering::Release);
        }
    }

    pub(super) fn may_have(&self, place: Place) -> bool {
        let bits = bits(place);
        self.word(place)
            .is_some_and(|word| word.load(Ordering::Acquire) & bits == bits)
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.words)
    }

    fn word(&self, place: Place) -> Option<&AtomicU64> {
        self.words.get(scaled(place.bits(), self.words.len()))
    }
}

/// Three bits of a word, by the lower part of the digest; the upper part has chosen the word.
fn bits(place: Place) -> u64 {
    let place = place.bits();
    1 << (place & 63) | 1 << ((place >> 6) & 63) | 1 << ((place >> 12) & 63)
}

/// A digest as a number below `length`.
pub(super) fn scaled(digest: u64, length: usize) -> usize {
    let scaled = (u128::from(digest) * length as u128) >> 64;
    usize::try_from(scaled).unwrap_or(0)
}
