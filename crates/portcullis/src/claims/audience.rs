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
        let named = match value {
            ClaimValue::Array(many) => texts_of(many, source),
            one => one.into_text(source).map(|one| vec![one]),
        };
        named.map_or(Self::Malformed, Self::Named)
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

/// The elements of an array that has nothing but texts. There is room for no more: they are kept for as long as
/// the token is remembered.
fn texts_of(many: Vec<ClaimValue<'_>>, source: Option<&Arc<str>>) -> Option<Vec<ClaimText>> {
    let mut texts = Vec::with_capacity(many.len());
    for one in many {
        texts.push(one.into_text(source)?);
    }
    Some(texts)
}
