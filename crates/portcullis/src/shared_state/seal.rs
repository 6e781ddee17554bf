use std::{fmt, sync::Arc};

use aws_lc_rs::{
    aead::{AES_256_GCM_SIV, Aad, Nonce, RandomizedNonceKey},
    digest::{SHA256, digest},
    hmac,
};
use bytes::Bytes;

use super::{
    StateKeys, StoreKey,
    keys::{Length, StateKey},
};

/// The first byte of everything that is sealed.
const VERSION: u8 = 1;
const ID_LENGTH: usize = 8;
const NONCE_LENGTH: usize = 12;

/// What an entry is for. It is sealed in, so that none can stand for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// What the server said of a token.
    Facts,
    /// That somebody asks about a token.
    Lease,
}

impl Purpose {
    const fn code(self) -> &'static str {
        match self {
            Self::Facts => "facts",
            Self::Lease => "lease",
        }
    }
}

/// Names and seals what is known of tokens. Neither name nor key can be had without the token itself:
/// its digest is a part of both, and never leaves the process.
#[derive(Debug, Clone)]
pub(crate) struct FactsSeal {
    keys: StateKeys,
    /// Whom the facts are from, and who has asked.
    context: Arc<[String]>,
}

/// An entry could not be sealed: the cryptographic library refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the entry could not be sealed")]
pub struct SealError;

impl FactsSeal {
    /// For facts of this issuer, asked for at this endpoint as this client.
    pub(crate) fn new(keys: &StateKeys, issuer: &str, endpoint: &str, client_id: &str) -> Self {
        Self {
            keys: keys.clone(),
            context: [issuer, endpoint, client_id].map(str::to_owned).into(),
        }
    }

    /// The name that an entry is kept under.
    pub(crate) fn name(&self, purpose: Purpose, digest: &[u8]) -> StoreKey {
        name(&self.keys.current, purpose, digest)
    }

    /// The names that it may be found under, the newest first.
    pub(crate) fn names(&self, purpose: Purpose, digest: &[u8]) -> Vec<StoreKey> {
        let names = self.keys.all().map(|key| name(key, purpose, digest));
        names.collect()
    }

    pub(crate) fn seal(
        &self,
        purpose: Purpose,
        digest: &[u8],
        entry: Vec<u8>,
    ) -> Result<Bytes, SealError> {
        let key = &self.keys.current;
        let name = self.name(purpose, digest);
        let context = self.associated(key, purpose, &name);
        seal(&facts_key(key, digest)?, key, &context, entry)
    }

    /// What was sealed under this name; `None` for everything else.
    pub(crate) fn open(
        &self,
        purpose: Purpose,
        digest: &[u8],
        name: &StoreKey,
        sealed: &[u8],
    ) -> Option<Vec<u8>> {
        let key = self.keys.all().find(|key| is_sealed_by(key, sealed))?;
        let context = self.associated(key, purpose, name);
        open(&facts_key(key, digest).ok()?, &context, sealed)
    }

    fn associated(&self, key: &StateKey, purpose: Purpose, name: &StoreKey) -> Vec<u8> {
        let context = self.context.iter().map(String::as_str);
        let parts = [purpose.code()].into_iter().chain(context);
        associated(key, parts.chain([name.as_str()]))
    }
}

/// The name of a lease that is not about a token.
pub(crate) fn lease(keys: &StateKeys, issuer: &str, what: &str) -> StoreKey {
    let name = hex(&mac(&keys.current, &["lease", issuer, what]));
    StoreKey::new(format!("portcullis:{VERSION}:lease:{name}"))
}

/// The names under which it is kept that a proof of possession was used: one for each key, so that
/// instances which change from one key to the next see each other's, and in the same order
/// everywhere, so that of two which take a proof at once one succeeds.
pub(crate) fn proof_names(keys: &StateKeys, proof: &[u8]) -> Vec<StoreKey> {
    let mut keys: Vec<_> = keys.all().collect();
    keys.sort_unstable_by_key(|key| key.id);
    let names = keys.into_iter().map(|key| {
        let mut context = hmac::Context::with_key(&key.names);
        context.update(b"proof");
        context.update(proof);
        let name = hex(context.sign().as_ref());
        StoreKey::new(format!("portcullis:{VERSION}:proof:{name}"))
    });
    names.collect()
}

/// Seals what a [`RevocationFeed`](crate::RevocationFeed) puts into a store that others can read or
/// write: AES-256-GCM-SIV under a key of its own, bound to issuer, place and kind.
#[derive(Debug, Clone)]
pub struct EntrySeal {
    keys: StateKeys,
    issuer: Arc<str>,
    place: Arc<str>,
}

impl EntrySeal {
    /// For entries about this issuer in this place, such as the name of a stream.
    #[must_use]
    pub fn new(keys: &StateKeys, issuer: &str, place: &str) -> Self {
        Self {
            keys: keys.clone(),
            issuer: issuer.into(),
            place: place.into(),
        }
    }

    /// A name of an issuer for the place itself: 64 hexadecimal digits, the same whatever the keys.
    #[must_use]
    pub fn issuer_name(issuer: &str) -> String {
        hex(digest(&SHA256, issuer.as_bytes()).as_ref())
    }

    /// Seals an entry of this kind.
    ///
    /// # Errors
    /// When the cryptographic library refuses.
    pub fn seal(&self, kind: &str, entry: Vec<u8>) -> Result<Bytes, SealError> {
        let key = &self.keys.current;
        seal(&feed_key(key)?, key, &self.associated(key, kind), entry)
    }

    /// What was sealed as an entry of this kind; `None` for everything else.
    #[must_use]
    pub fn open(&self, kind: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let key = self.keys.all().find(|key| is_sealed_by(key, sealed))?;
        open(&feed_key(key).ok()?, &self.associated(key, kind), sealed)
    }

    fn associated(&self, key: &StateKey, kind: &str) -> Vec<u8> {
        associated(key, ["feed", kind, &self.issuer, &self.place])
    }
}

fn name(key: &StateKey, purpose: Purpose, digest: &[u8]) -> StoreKey {
    let mut context = hmac::Context::with_key(&key.names);
    context.update(purpose.code().as_bytes());
    context.update(digest);
    let purpose = purpose.code();
    let name = hex(context.sign().as_ref());
    StoreKey::new(format!("portcullis:{VERSION}:{purpose}:{name}"))
}

fn mac(key: &StateKey, parts: &[&str]) -> Vec<u8> {
    let mut context = hmac::Context::with_key(&key.names);
    for part in parts {
        context.update(&part.len().to_be_bytes());
        context.update(part.as_bytes());
    }
    context.sign().as_ref().to_vec()
}

/// Version, key and context, each part with its length in front of it.
fn associated<'a>(key: &StateKey, parts: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let mut associated = vec![VERSION];
    associated.extend_from_slice(&key.id);
    for part in parts {
        associated.extend_from_slice(&part.len().to_be_bytes());
        associated.extend_from_slice(part.as_bytes());
    }
    associated
}

fn facts_key(key: &StateKey, digest: &[u8]) -> Result<RandomizedNonceKey, SealError> {
    let mut bytes = [0; 32];
    let info = [digest];
    key.facts
        .expand(&info, Length(bytes.len()))
        .and_then(|derived| derived.fill(&mut bytes))
        .map_err(|_| SealError)?;
    RandomizedNonceKey::new(&AES_256_GCM_SIV, &bytes).map_err(|_| SealError)
}

fn feed_key(key: &StateKey) -> Result<RandomizedNonceKey, SealError> {
    RandomizedNonceKey::new(&AES_256_GCM_SIV, &key.feed).map_err(|_| SealError)
}

/// Version, id of the key, nonce, and what is sealed.
fn seal(
    sealing: &RandomizedNonceKey,
    key: &StateKey,
    associated: &[u8],
    mut entry: Vec<u8>,
) -> Result<Bytes, SealError> {
    let nonce = sealing
        .seal_in_place_append_tag(Aad::from(associated), &mut entry)
        .map_err(|_| SealError)?;
    let mut sealed = vec![VERSION];
    sealed.extend_from_slice(&key.id);
    sealed.extend_from_slice(nonce.as_ref());
    sealed.append(&mut entry);
    Ok(sealed.into())
}

fn is_sealed_by(key: &StateKey, sealed: &[u8]) -> bool {
    sealed
        .split_first()
        .is_some_and(|(version, rest)| *version == VERSION && rest.starts_with(&key.id))
}

fn open(opening: &RandomizedNonceKey, associated: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let rest = sealed.get(1 + ID_LENGTH..)?;
    let (nonce, entry) = rest.split_at_checked(NONCE_LENGTH)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut entry = entry.to_vec();
    let opened = opening
        .open_in_place(nonce, Aad::from(associated), &mut entry)
        .ok()?
        .len();
    entry.truncate(opened);
    Some(entry)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    const OTHER: &str = "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff";

    fn keys(key: &str) -> StateKeys {
        StateKeys::from_hex(key).unwrap()
    }

    fn facts(keys: &StateKeys) -> FactsSeal {
        FactsSeal::new(
            keys,
            "https://id.example.com",
            "https://id.example.com/i",
            "api",
        )
    }

    #[test]
    fn what_was_sealed_is_opened_with_the_token_and_the_key_alone() {
        let seal = facts(&keys(ONE));
        let purpose = Purpose::Facts;
        let sealed = seal.seal(purpose, b"digest", b"entry".to_vec()).unwrap();
        let name = seal.name(purpose, b"digest");
        let open = |seal: &FactsSeal, purpose, digest: &[u8], name: &StoreKey, sealed: &[u8]| {
            seal.open(purpose, digest, name, sealed)
        };
        let opened = open(&seal, purpose, b"digest", &name, &sealed);
        assert_eq!(opened.as_deref(), Some(&b"entry"[..]));

        let strange_name = seal.name(purpose, b"another");
        assert!(open(&seal, purpose, b"another", &name, &sealed).is_none());
        assert!(open(&seal, purpose, b"digest", &strange_name, &sealed).is_none());
        assert!(open(&seal, Purpose::Lease, b"digest", &name, &sealed).is_none());
        assert!(open(&facts(&keys(OTHER)), purpose, b"digest", &name, &sealed).is_none());
        let elsewhere = FactsSeal::new(&keys(ONE), "https://other.example", "e", "api");
        assert!(open(&elsewhere, purpose, b"digest", &name, &sealed).is_none());
        for at in 0..sealed.len() {
            let mut changed = sealed.to_vec();
            changed[at] ^= 1;
            assert!(
                open(&seal, purpose, b"digest", &name, &changed).is_none(),
                "{at}"
            );
            assert!(open(&seal, purpose, b"digest", &name, &sealed[..at]).is_none());
        }
    }

    #[test]
    fn the_same_entry_never_looks_the_same() {
        let seal = facts(&keys(ONE));
        let sealed = || {
            seal.seal(Purpose::Facts, b"digest", b"entry".to_vec())
                .unwrap()
        };
        assert_ne!(sealed(), sealed());
    }

    #[test]
    fn the_key_before_still_opens() {
        let before = facts(&keys(OTHER));
        let sealed = before
            .seal(Purpose::Facts, b"d", b"entry".to_vec())
            .unwrap();
        let both = facts(&keys(ONE).or_previous_hex(OTHER).unwrap());
        let names = both.names(Purpose::Facts, b"d");
        assert_eq!(names.len(), 2);
        let opened = both.open(Purpose::Facts, b"d", &names[1], &sealed);
        assert_eq!(opened.as_deref(), Some(&b"entry"[..]));
    }

    #[test]
    fn an_entry_of_a_feed_is_bound_to_its_place_and_kind() {
        let seal = |issuer, place| EntrySeal::new(&keys(ONE), issuer, place);
        let sealed = seal("a", "b").seal("notice", b"entry".to_vec()).unwrap();
        let opened = seal("a", "b").open("notice", &sealed);
        assert_eq!(opened.as_deref(), Some(&b"entry"[..]));
        assert!(seal("a", "b").open("writer", &sealed).is_none());
        assert!(seal("a", "c").open("notice", &sealed).is_none());
        assert!(seal("ab", "").open("notice", &sealed).is_none());
        assert_ne!(EntrySeal::issuer_name("a"), EntrySeal::issuer_name("b"));
    }
}
