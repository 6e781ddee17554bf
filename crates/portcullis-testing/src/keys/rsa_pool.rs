//! RSA keys are dear to make and are handed from server to server: never two living keys with
//! the same numbers, and no more of them made than live at once.

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
    signature::KeyPair as _,
};

use crate::{error::KeyError, lock::Lock};

static FREE: Lock<Vec<RsaNumbers>> = Lock::new(Vec::new());

/// What PKCS#8 puts in front of a 2048-bit RSA private key: two sequence headers, the version,
/// the algorithm identifier, and the header of the octet string around the PKCS#1 structure.
const PKCS8_PREFIX_LENGTH: usize = 26;

/// A 2048-bit RSA key of this process; back in the pool when dropped.
pub(crate) struct RsaKey {
    numbers: Option<RsaNumbers>,
}

#[derive(Clone)]
struct RsaNumbers {
    /// RFC 5208 `PrivateKeyInfo`.
    pkcs8: Vec<u8>,
    /// RFC 5280 `SubjectPublicKeyInfo`.
    public_der: Vec<u8>,
}

impl RsaKey {
    pub(crate) fn take() -> Result<Self, KeyError> {
        let free = FREE.lock().pop();
        let numbers = match free {
            Some(numbers) => numbers,
            None => RsaNumbers::generate().ok_or(KeyError::Generate { algorithm: "RSA" })?,
        };
        Ok(Self {
            numbers: Some(numbers),
        })
    }

    /// RFC 8017 `RSAPrivateKey`, the form jsonwebtoken signs with.
    pub(crate) fn private_der(&self) -> &[u8] {
        self.pkcs8().get(PKCS8_PREFIX_LENGTH..).unwrap_or_default()
    }

    pub(crate) fn pkcs8(&self) -> &[u8] {
        self.numbers.as_ref().map_or(&[], |numbers| &numbers.pkcs8)
    }

    pub(crate) fn public_der(&self) -> &[u8] {
        self.numbers
            .as_ref()
            .map_or(&[], |numbers| &numbers.public_der)
    }
}

impl Drop for RsaKey {
    fn drop(&mut self) {
        if let Some(numbers) = self.numbers.take() {
            FREE.lock().push(numbers);
        }
    }
}

impl RsaNumbers {
    fn generate() -> Option<Self> {
        let pair = KeyPair::generate(KeySize::Rsa2048).ok()?;
        let pkcs8: Pkcs8V1Der<'_> = pair.as_der().ok()?;
        let pkcs8 = pkcs8.as_ref().to_vec();
        // Proves that the prefix had the expected length.
        KeyPair::from_der(pkcs8.get(PKCS8_PREFIX_LENGTH..)?).ok()?;
        let public_der = pair.public_key().as_der().ok()?.as_ref().to_vec();
        Some(Self { pkcs8, public_der })
    }
}
