//! JSON as a security protocol needs it: one object, every name once at every depth, nothing
//! behind it.

mod names;
mod unique;

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, MapAccess, Visitor},
};
use serde_json::value::RawValue;

pub(super) use self::{
    names::{FEW, Name, Names, stands_twice},
    unique::Unique,
};
use super::weight;

/// The members of a JSON object, each with its own JSON text.
#[derive(Debug)]
pub(crate) struct Members<'a> {
    members: Vec<(Cow<'a, str>, &'a RawValue)>,
    /// How much room a `serde_json::Value` of them takes up at the most, but for its texts.
    size: usize,
}

/// The text is not one JSON object with unique names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not one JSON object with unique member names (line {line}, column {column})")]
pub(crate) struct JsonError {
    line: usize,
    column: usize,
}

impl From<serde_json::Error> for JsonError {
    /// Keeps the place and drops serde's words, which quote the text.
    fn from(error: serde_json::Error) -> Self {
        Self {
            line: error.line(),
            column: error.column(),
        }
    }
}

impl<'a> Members<'a> {
    /// Reads one object. Refused are: other JSON, invalid UTF-8, a byte order mark, anything
    /// after the object, a name that stands twice (escapes resolved) at any depth, more than 127
    /// levels, which is what `serde_json` reads.
    pub(crate) fn parse(json: &'a str) -> Result<Self, JsonError> {
        Ok(serde_json::from_str(json)?)
    }

    /// The JSON text of a member; `None` when it is absent.
    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.iter()
            .find_map(|(own, value)| (own == name).then_some(value))
    }

    /// How many bytes a `serde_json::Value` of them takes up at the most, but for its texts.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// All members in their order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.members
            .iter()
            .map(|(name, value)| (name.as_ref(), *value))
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut names = Names::<FEW>::default();
                let mut members = Vec::with_capacity(FEW);
                let mut size = weight::OBJECT;
                while let Some(name) = map.next_key::<Name<'_>>()? {
                    names.add(name.clone())?;
                    let value = map.next_value()?;
                    size += weight::MEMBER + check(value).map_err(A::Error::custom)?;
                    members.push((name.0, value));
                }
                Ok(Members { members, size })
            }
        }

        deserializer.deserialize_map(Object)
    }
}

/// What a string says that has no escapes; `None` for everything else.
fn plain_text(json: &str) -> Option<&str> {
    let text = json.strip_prefix('"')?.strip_suffix('"')?;
    (!text.as_bytes().contains(&b'\\')).then_some(text)
}

/// Looks into a value that was only skipped so far. How much room it takes up, but for its texts.
pub(super) fn check(value: &RawValue) -> Result<usize, serde_json::Error> {
    if plain_text(value.get()).is_some() {
        return Ok(weight::TEXT);
    }
    if is_plain(value.get()) {
        return Ok(0);
    }
    Unique::IN_A_MEMBER.deserialize(&mut serde_json::Deserializer::from_str(value.get()))
}

/// Whether a value is a word, or a whole number of a size that every parser takes alike.
fn is_plain(json: &str) -> bool {
    is_small_number(json) || matches!(json, "true" | "false" | "null")
}

/// Whole numbers of so many digits at the most every parser takes, and takes for the same.
pub(super) const SAFE_DIGITS: usize = 15;

/// Whether a value is one of those.
fn is_small_number(json: &str) -> bool {
    json.len() <= SAFE_DIGITS && json.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
