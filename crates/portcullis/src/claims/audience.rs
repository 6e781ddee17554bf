use std::sync::Arc;

use super::{ClaimText, claim_value::ClaimValue};

/// For whom a token is (`aud`, RFC 7519 §4.1.3).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Audience {
    /// The issuer does not say.
    #[default]
    Absent,
    /// One or more audiences, from a string or an array of strings. An empty array names nobody.
    Named(Vec<ClaimText>),
    /// Something that is no audience; it is nobody's.
    Malformed,
}

impl Audience {
    pub(super) fn of(value: ClaimValue<'_>, source: Option<&Arc<str>>) -> Self {
        let named: Option<Vec<_>> = match value {
            ClaimValue::Array(many) => many.into_iter().map(|one| one.into_text(source)).collect(),
            one => one.into_text(source).map(|one| vec![one]),
        };
        named.map_or(Self::Malformed, |mut named| {
            // It is kept for as long as the token is remembered.
            named.shrink_to_fit();
            Self::Named(named)
        })
    }

    /// Whether `audience` is named, character for character.
    #[must_use]
    pub fn contains(&self, audience: &str) -> bool {
        self.iter().any(|named| named == audience)
    }

    /// All that are named.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let named: &[ClaimText] = match self {
            Self::Named(named) => named,
            Self::Absent | Self::Malformed => &[],
        };
        named.iter().map(ClaimText::as_str)
    }
}
