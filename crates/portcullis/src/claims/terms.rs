use super::RegisteredClaims;
use crate::{Expectations, Timestamp, authenticate::judge_origin, binding::asks_for_proof};

/// What every request asks of a statement, side by side, so that the rest of a token that was seen before
/// need not be read from memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) validity: Validity,
    /// The one of its audiences that is ours, to be compared on every request.
    pub(crate) audience: Option<ShortName>,
    /// Whether it says the issuer, kind and client that are expected. Neither what it says nor what is
    /// expected of it ever changes, so the two are compared once.
    pub(crate) origin_is_expected: bool,
    /// Whether it is good only for those who prove something.
    pub(crate) asks_for_proof: bool,
    /// Whether notices tell of the end of its session: by its client, which stays as it is.
    pub(crate) is_covered: bool,
}

/// When a token is good (RFC 7519 §4.1.4 to §4.1.6).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Validity {
    pub(crate) exp: Option<Timestamp>,
    pub(crate) nbf: Option<Timestamp>,
    pub(crate) iat: Option<Timestamp>,
}

/// A copy of a name that is not long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ShortName {
    bytes: [u8; Self::LONGEST],
    length: u8,
}

impl ShortName {
    const LONGEST: usize = 39;

    fn first_of<'a>(mut names: impl Iterator<Item = &'a str>) -> Option<Self> {
        names.find_map(|name| {
            let mut bytes = [0; Self::LONGEST];
            bytes
                .get_mut(..name.len())?
                .copy_from_slice(name.as_bytes());
            let length = u8::try_from(name.len()).ok()?;
            Some(Self { bytes, length })
        })
    }

    /// The name.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes
            .get(..usize::from(self.length))
            .unwrap_or_default()
    }
}

impl Terms {
    pub(crate) fn of(claims: &RegisteredClaims, expectations: &Expectations) -> Self {
        Self {
            validity: claims.validity(),
            audience: ShortName::first_of(
                claims
                    .aud
                    .iter()
                    .filter(|name| expectations.audience.is_one(name.as_bytes())),
            ),
            origin_is_expected: judge_origin(claims, expectations).is_ok(),
            asks_for_proof: asks_for_proof(claims),
            is_covered: expectations
                .revocations
                .as_ref()
                .is_some_and(|revocations| revocations.covers_sessions_of(claims)),
        }
    }
}

impl RegisteredClaims {
    pub(crate) fn validity(&self) -> Validity {
        let &Self { exp, nbf, iat, .. } = self;
        Validity { exp, nbf, iat }
    }
}
