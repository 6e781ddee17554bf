use serde_json::{Value, value::RawValue};

/// For whom a token is (`aud`, RFC 7519 §4.1.3).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Audience {
    /// The issuer does not say.
    #[default]
    Absent,
    /// One or more audiences, from a string or an array of strings. An empty array names nobody.
    Named(Vec<String>),
    /// Something that is no audience; it is nobody's.
    Malformed,
}

impl Audience {
    pub(super) fn parse(json: &RawValue) -> Self {
        match serde_json::from_str(json.get()) {
            Ok(Value::String(one)) => Self::Named(vec![one]),
            Ok(Value::Array(many)) => many
                .into_iter()
                .map(|member| match member {
                    Value::String(text) => Some(text),
                    _ => None,
                })
                .collect::<Option<_>>()
                .map_or(Self::Malformed, Self::Named),
            _ => Self::Malformed,
        }
    }

    /// Whether `audience` is named, character for character.
    #[must_use]
    pub fn contains(&self, audience: &str) -> bool {
        self.iter().any(|named| named == audience)
    }

    /// All that are named.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let named: &[String] = match self {
            Self::Named(named) => named,
            Self::Absent | Self::Malformed => &[],
        };
        named.iter().map(String::as_str)
    }
}
