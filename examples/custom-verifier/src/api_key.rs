//! What an API key is: `ak_<id>_<secret>`, of which the service keeps the id and a digest.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::{constant_time, digest, error::Unspecified, rand};
use serde::{Deserialize, Serialize};

/// What every key begins with, and no JWT: those begin with the `ey` of `{"`. It also lets scanners
/// find keys that were published by mistake.
const PREFIX: &str = "ak_";

/// A key as a request presents it. It lives no longer than the request.
pub(crate) struct PresentedKey<'a> {
    pub(crate) id: &'a str,
    secret: &'a str,
}

impl<'a> PresentedKey<'a> {
    /// Whether the text is a key at all, good or bad.
    pub(crate) fn is_one(token: &str) -> bool {
        token.starts_with(PREFIX)
    }

    pub(crate) fn parse(token: &'a str) -> Option<Self> {
        let (id, secret) = token.strip_prefix(PREFIX)?.split_once('_')?;
        Some(Self { id, secret })
    }
}

/// A key as the service keeps it. Who reads it cannot use it: the secret has 256 random bits, so
/// nobody finds it from a digest, and a slow one, as for passwords, would add nothing.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiKey {
    pub(crate) id: String,
    /// SHA-256 of the secret.
    #[serde(with = "hex::serde")]
    digest: Vec<u8>,
    /// Who has it.
    pub(crate) name: String,
    /// What it is good for, separated by spaces.
    pub(crate) scope: String,
    /// When it was issued and when it ends, in seconds since 1970.
    pub(crate) iat: u64,
    pub(crate) exp: u64,
}

impl ApiKey {
    /// A new key: what its owner gets, once, and what is kept.
    pub(crate) fn issue(
        name: &str,
        scope: &str,
        life: Duration,
    ) -> Result<(String, Self), Unspecified> {
        let (mut id, mut secret) = ([0; 8], [0; 32]);
        rand::fill(&mut id)?;
        rand::fill(&mut secret)?;
        let (id, secret) = (hex::encode(id), hex::encode(secret));
        let text = format!("{PREFIX}{id}_{secret}");
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let iat = now.map_err(|_| Unspecified)?.as_secs();
        let key = Self {
            id,
            digest: digest_of(&secret),
            name: name.to_owned(),
            scope: scope.to_owned(),
            iat,
            exp: iat.saturating_add(life.as_secs()),
        };
        Ok((text, key))
    }

    /// Whether this is the key, in a time that tells nothing of how much of it was right.
    pub(crate) fn is(&self, presented: &PresentedKey<'_>) -> bool {
        let digest = digest_of(presented.secret);
        constant_time::verify_slices_are_equal(&digest, &self.digest).is_ok()
    }
}

fn digest_of(secret: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, secret.as_bytes())
        .as_ref()
        .to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    #[test]
    fn a_key_is_known_again_and_no_other_is() {
        let (text, key) = ApiKey::issue("billing", "orders:read", DAY).unwrap();
        let (other, _) = ApiKey::issue("billing", "orders:read", DAY).unwrap();
        assert!(key.is(&PresentedKey::parse(&text).unwrap()));
        assert!(!key.is(&PresentedKey::parse(&other).unwrap()));
        assert!(!key.is(&PresentedKey::parse(&format!("{text}0")).unwrap()));
        let kept = serde_json::to_string(&key).unwrap();
        assert!(!kept.contains(PresentedKey::parse(&text).unwrap().secret));
    }

    #[test]
    fn what_is_no_key_is_none() {
        for text in ["ak_", "ak_1", "eyJhbGciOiJSUzI1NiJ9.e30.c2ln", ""] {
            assert!(PresentedKey::parse(text).is_none(), "{text}");
        }
        assert!(PresentedKey::is_one("ak_") && !PresentedKey::is_one("eyJ"));
    }
}
