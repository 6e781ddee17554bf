use std::hash::{BuildHasher, Hasher, RandomState};

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

/// What an entry is found by.
#[derive(Debug, Clone, Copy)]
pub(in crate::revocation) struct Key<'a> {
    pub(in crate::revocation) kind: Kind,
    pub(in crate::revocation) name: &'a str,
}

/// What is kept of a key: 128 bits of it, under secrets of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Digest {
    /// Where the search begins, and which bits of the filter are the key's: what every look-up of
    /// every key takes, and so by a hash that is quick above all.
    pub(super) place: u64,
    /// What tells keys apart that are looked for in the same place; never 0. By a hash that is made
    /// against those who choose names so that they meet.
    pub(super) tag: u64,
}

/// Makes digests, each half when it is needed.
#[derive(Debug, Clone)]
pub(super) struct Digests {
    place: foldhash::quality::RandomState,
    tag: RandomState,
}

impl Digests {
    pub(super) fn new() -> Self {
        Self {
            place: foldhash::quality::RandomState::default(),
            tag: RandomState::new(),
        }
    }

    pub(super) fn place(&self, key: Key<'_>) -> u64 {
        hash(&self.place, key)
    }

    pub(super) fn tag(&self, key: Key<'_>) -> u64 {
        hash(&self.tag, key).max(1)
    }

    pub(super) fn digest(&self, key: Key<'_>) -> Digest {
        Digest {
            place: self.place(key),
            tag: self.tag(key),
        }
    }
}

fn hash(secret: &impl BuildHasher, Key { kind, name }: Key<'_>) -> u64 {
    let mut hasher = secret.build_hasher();
    hasher.write_u8(kind as u8);
    hasher.write(name.as_bytes());
    hasher.finish()
}
