//! A token as it was pasted, read as far as it can be. Nothing here verifies anything.

mod json;
mod part;
mod pasted;
mod remark;
mod source;

use portcullis::AccessToken;

pub(crate) use self::{
    json::Json,
    part::Part,
    pasted::Pasted,
    remark::Remark,
    source::{TokenSource, TokenSourceError},
};

/// What a text seems to be.
#[derive(Debug)]
pub(crate) enum Token {
    Jwt(Box<Jwt>),
    /// Encrypted (RFC 7516 §7.1): only its header can be read.
    Encrypted(Part),
    /// Nothing can be read of it.
    Opaque(AccessToken),
}

/// A JWT in compact serialization (RFC 7515 §7.1), whole or not.
#[derive(Debug)]
pub(crate) struct Jwt {
    pub(crate) header: Part,
    pub(crate) payload: Part,
    pub(crate) signature: Part,
    /// How many parts there are; three in a whole one.
    pub(crate) parts: usize,
}

impl Token {
    /// Reads a token; `None` for what cannot be one (RFC 6750 §2.1).
    pub(crate) fn read(text: &str) -> Option<Self> {
        let parts: Vec<_> = text.split('.').collect();
        let part = |index: usize| Part::decode(parts.get(index).copied().unwrap_or_default());
        let header = part(0);
        if !header.is_object() {
            return AccessToken::new(text).ok().map(Self::Opaque);
        }
        const PARTS_OF_A_JWE: usize = 5;
        Some(if parts.len() == PARTS_OF_A_JWE {
            Self::Encrypted(header)
        } else {
            Self::Jwt(Box::new(Jwt {
                header,
                payload: part(1),
                signature: part(2),
                parts: parts.len(),
            }))
        })
    }

    /// The same where it has claims that can be read.
    pub(crate) fn claims(&self) -> Option<&Json> {
        match self {
            Self::Jwt(jwt) => jwt.payload.json.as_ref(),
            Self::Encrypted(_) | Self::Opaque(_) => None,
        }
    }

    /// Its header, where it has one that can be read.
    pub(crate) fn header(&self) -> Option<&Json> {
        match self {
            Self::Jwt(jwt) => jwt.header.json.as_ref(),
            Self::Encrypted(header) => header.json.as_ref(),
            Self::Opaque(_) => None,
        }
    }
}
