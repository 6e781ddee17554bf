use std::{
    hash::{BuildHasher, Hasher, RandomState},
    num::NonZeroU64,
    sync::LazyLock,
};

/// What an entry is about. Each has names of its own: a session and a token may be called alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::revocation) enum Kind {
    /// A session (`sid`) that has ended.
    Session,
    /// A session of which a token was called inactive: its other tokens are due to be asked about.
    SuspectSession,
    /// A subject (`sub`) all of whose sessions have ended.
    Subject,
    /// A subject that something has happened to which its tokens may not have survived.
    SuspectSubject,
    /// The same by `email`, where a notice names nobody else.
    SuspectEmail,
    /// A client (`azp`, else `client_id`) with a cut-off of its own.
    Client,
    /// A token that has ended.
    Token,
    /// A token that was called inactive last.
    SuspectToken,
}

impl Kind {
    /// The bit of this kind in a set of kinds.
    pub(super) const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Where the search for a name begins, and which bits of the filter are its own: what every look-up of
/// every name takes, and so by a hash that is quick above all, under a secret of this process. It
/// is one for all kinds and all sets: a token keeps the places of its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::revocation) struct Place(NonZeroU64);

impl Place {
    pub(in crate::revocation) fn of(name: &str) -> Self {
        static SECRET: LazyLock<foldhash::quality::RandomState> = LazyLock::new(Default::default);
        let mut hasher = SECRET.build_hasher();
        hasher.write(name.as_bytes());
        Self::from_bits(hasher.finish())
    }

    pub(super) fn from_bits(bits: u64) -> Self {
        Self(NonZeroU64::new(bits).unwrap_or(NonZeroU64::MIN))
    }

    pub(super) fn bits(self) -> u64 {
        self.0.get()
    }

    /// Which of so many equal shares of all places it falls into.
    pub(in crate::revocation) fn share_of(self, shares: usize) -> usize {
        usize::try_from(self.bits()).unwrap_or(usize::MAX) % shares.max(1)
    }
}

/// What something is called, and where that is looked for.
#[derive(Debug, Clone, Copy)]
pub(in crate::revocation) struct Name<'a> {
    pub(in crate::revocation) text: &'a str,
    pub(in crate::revocation) place: Place,
}

impl<'a> From<&'a str> for Name<'a> {
    fn from(text: &'a str) -> Self {
        let place = Place::of(text);
        Self { text, place }
    }
}

/// What an entry is found by.
#[derive(Debug, Clone, Copy)]
pub(in crate::revocation) struct Key<'a> {
    pub(in crate::revocation) kind: Kind,
    pub(in crate::revocation) name: Name<'a>,
}

impl<'a> Key<'a> {
    pub(in crate::revocation) fn new(kind: Kind, name: impl Into<Name<'a>>) -> Self {
        let name = name.into();
        Self { kind, name }
    }
}

/// What is kept of a key: 128 bits of it, under secrets of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Digest {
    pub(super) place: Place,
    /// What tells keys apart that are looked for in the same place; never 0. By a hash that is made
    /// against those who choose names so that they meet.
    pub(super) tag: u64,
}

/// Makes digests.
#[derive(Debug, Clone)]
pub(super) struct Digests {
    tag: RandomState,
}

impl Digests {
    pub(super) fn new() -> Self {
        Self {
            tag: RandomState::new(),
        }
    }

    pub(super) fn digest(&self, Key { kind, name }: Key<'_>) -> Digest {
        let mut hasher = self.tag.build_hasher();
        hasher.write_u8(kind as u8);
        hasher.write(name.text.as_bytes());
        let tag = hasher.finish().max(1);
        Digest {
            place: name.place,
            tag,
        }
    }
}
