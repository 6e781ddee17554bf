use std::{fmt, sync::Arc};

use aws_lc_rs::{
    hkdf::{HKDF_SHA256, KeyType, Prk, Salt},
    hmac,
};

use crate::ConfigError;

/// The key under which the instances of a service seal what they share, and the one before it: for as
/// long as both are given, what either has sealed is read, and the first seals.
#[derive(Clone)]
pub struct StateKeys {
    pub(super) current: Arc<StateKey>,
    pub(super) previous: Option<Arc<StateKey>>,
}

/// One key, and what is derived from it.
pub(super) struct StateKey {
    /// Tells which key has sealed an entry; it says nothing of the key.
    pub(super) id: [u8; 8],
    /// Names entries.
    pub(super) names: hmac::Key,
    /// Makes nonces.
    nonces: hmac::Key,
    /// Seals facts, together with the token that they are about.
    pub(super) facts: Prk,
    /// Seals the entries of a feed.
    pub(super) feed: [u8; 32],
}

impl StateKeys {
    /// A key of 64 hexadecimal digits, as `openssl rand -hex 32` makes them.
    ///
    /// # Errors
    /// When it is anything else, or the same digit 64 times.
    pub fn from_hex(key: &str) -> Result<Self, ConfigError> {
        Ok(Self {
            current: Arc::new(StateKey::from_hex(key)?),
            previous: None,
        })
    }

    /// Still reads what this key has sealed: for the time in which instances change from one key to
    /// the next. First give the new one to all of them as this one, then as the first.
    ///
    /// # Errors
    /// As for [`from_hex`](Self::from_hex).
    pub fn or_previous_hex(mut self, key: &str) -> Result<Self, ConfigError> {
        self.previous = Some(Arc::new(StateKey::from_hex(key)?));
        Ok(self)
    }

    /// The keys, the one that seals first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<StateKey>> {
        std::iter::once(&self.current).chain(&self.previous)
    }
}

impl StateKey {
    fn from_hex(key: &str) -> Result<Self, ConfigError> {
        let refused = |problem| {
            let cure = "make one by `openssl rand -hex 32`, and give it to every instance";
            ConfigError::new("state_keys", problem, cure)
        };
        let key = key.trim();
        if key.len() != 64 || !key.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(refused("a key has 64 hexadecimal digits"));
        }
        let mut digits = key.bytes();
        let first = digits.next();
        if digits.all(|digit| Some(digit) == first) {
            return Err(refused("a key of one digit is no secret"));
        }
        let secret: Vec<u8> = (0..64)
            .step_by(2)
            .filter_map(|at| u8::from_str_radix(key.get(at..at + 2)?, 16).ok())
            .collect();
        let secret = Salt::new(HKDF_SHA256, b"portcullis state").extract(&secret);
        let derived = || refused("no keys can be derived from it");
        Ok(Self {
            id: derive(&secret, b"id").ok_or_else(derived)?,
            names: hmac::Key::new(
                hmac::HMAC_SHA256,
                &derive::<32>(&secret, b"names").ok_or_else(derived)?,
            ),
            nonces: hmac::Key::new(
                hmac::HMAC_SHA256,
                &derive::<32>(&secret, b"nonces").ok_or_else(derived)?,
            ),
            facts: Prk::new_less_safe(
                HKDF_SHA256,
                &derive::<32>(&secret, b"facts").ok_or_else(derived)?,
            ),
            feed: derive(&secret, b"feed").ok_or_else(derived)?,
        })
    }
}

/// The keys that nonces are made with, the one that makes them first.
pub(crate) fn nonce_keys(keys: &StateKeys) -> Vec<hmac::Key> {
    keys.all().map(|key| key.nonces.clone()).collect()
}

/// So many bytes.
pub(super) struct Length(pub(super) usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn derive<const N: usize>(secret: &Prk, purpose: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let info = [purpose];
    secret
        .expand(&info, Length(N))
        .ok()?
        .fill(&mut bytes)
        .ok()?;
    Some(bytes)
}

impl fmt::Debug for StateKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StateKeys([redacted])")
    }
}

impl fmt::Debug for StateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StateKey([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    #[test]
    fn a_key_has_64_hexadecimal_digits_and_no_debug() {
        let (short, odd) = (KEY.trim_end_matches('f'), KEY.replace('0', "g"));
        for bad in ["", "00", short, &"0".repeat(64), &odd] {
            assert!(StateKeys::from_hex(bad).is_err(), "{bad}");
        }
        let keys = StateKeys::from_hex(&KEY.to_uppercase()).unwrap();
        assert_eq!(
            keys.current.id,
            StateKeys::from_hex(KEY).unwrap().current.id
        );
        assert_eq!(format!("{keys:?}"), "StateKeys([redacted])");
    }
}
