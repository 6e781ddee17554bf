//! JSON as a security protocol needs it: one object, every name once at every depth, nothing
//! behind it.

use std::{borrow::Cow, collections::HashSet, fmt, sync::Arc};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{ClaimText, weight};

/// The members of a JSON object, each with its own JSON text.
#[derive(Debug)]
pub(crate) struct Members<'a> {
    members: Vec<(Cow<'a, str>, &'a RawValue)>,
    /// How much room a `serde_json::Value` of them takes up at the most, but for its texts.
    size: usize,
    /// What they were read from, where their texts may be parts of it.
    source: Option<&'a Arc<str>>,
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

    /// The same of a text that will be kept: the texts of its members are parts of it.
    pub(crate) fn of(json: &'a Arc<str>) -> Result<Self, JsonError> {
        let source = Some(json);
        Ok(Self {
            source,
            ..Self::parse(json)?
        })
    }

    /// What a member, or something in it, says if it is a string.
    pub(super) fn text(&self, value: &RawValue) -> Option<ClaimText> {
        match (plain_text(value), self.source) {
            (Some(text), Some(source)) => Some(ClaimText::part(source, text)),
            (Some(text), None) => Some(text.into()),
            // To be told so by a parser costs more than most texts.
            (None, _) if !value.get().starts_with('"') => None,
            (None, _) => serde_json::from_str::<String>(value.get())
                .ok()
                .map(ClaimText::from),
        }
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
                let mut names = Names::with_capacity(Names::FEW);
                let mut members = Vec::with_capacity(Names::FEW);
                let mut size = weight::OBJECT;
                while let Some(Name(name)) = map.next_key()? {
                    names.add(name.clone())?;
                    let value = map.next_value()?;
                    size += weight::MEMBER + check(value).map_err(A::Error::custom)?;
                    members.push((name, value));
                }
                Ok(Members {
                    members,
                    size,
                    source: None,
                })
            }
        }

        deserializer.deserialize_map(Object)
    }
}

/// A member's name, borrowed where it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// The names of one object.
#[derive(Default)]
struct Names<'a> {
    /// A bit for each length and first letter that was seen: most names need no other look.
    seen: u64,
    /// The first ones: in a few it is looked quicker than it is hashed.
    few: Vec<Cow<'a, str>>,
    more: HashSet<Cow<'a, str>>,
}

impl<'a> Names<'a> {
    const FEW: usize = 32;

    fn with_capacity(names: usize) -> Self {
        Self {
            few: Vec::with_capacity(names),
            ..Self::default()
        }
    }

    /// Adds a name that must not be there yet.
    fn add<E: Error>(&mut self, name: Cow<'a, str>) -> Result<(), E> {
        let bit = bit_of(&name);
        let is_known = self.seen & bit != 0
            && (self.few.iter().any(|few| **few == *name) || self.more.contains(&name));
        if is_known {
            return Err(E::custom("a member name stands twice"));
        }
        self.seen |= bit;
        if self.few.len() < Self::FEW {
            self.few.push(name);
        } else {
            self.more.insert(name);
        }
        Ok(())
    }
}

/// One of 64 bits, the same for the same name.
fn bit_of(name: &str) -> u64 {
    let first = name.bytes().next().unwrap_or_default();
    1 << ((usize::from(first) + 7 * name.len()) % 64)
}

/// What a string says that has no escapes; `None` for everything else.
fn plain_text(value: &RawValue) -> Option<&str> {
    let text = value.get().strip_prefix('"')?.strip_suffix('"')?;
    (!text.as_bytes().contains(&b'\\')).then_some(text)
}

/// Looks into a value that was only skipped so far. How much room it takes up, but for its texts.
fn check(value: &RawValue) -> Result<usize, serde_json::Error> {
    if plain_text(value).is_some() {
        return Ok(weight::TEXT);
    }
    if is_plain(value.get()) {
        return Ok(0);
    }
    Unique::IN_A_MEMBER.deserialize(&mut serde_json::Deserializer::from_str(value.get()))
}

/// Whether a value is a word, or a whole number of a size that every parser takes.
fn is_plain(json: &str) -> bool {
    const SAFE_DIGITS: usize = 15;
    matches!(json, "true" | "false" | "null")
        || (json.len() <= SAFE_DIGITS && json.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Any JSON value whose objects have unique names, nested in so many levels at the most; how much room
/// it takes up, but for its texts. Strings are decoded on the way, so that a lone surrogate is refused
/// wherever it stands.
#[derive(Clone, Copy)]
struct Unique {
    levels: u8,
}

impl Unique {
    /// `serde_json` reads 127 levels, and one is the object around the member: whoever reads the whole
    /// text again gets as deep as this.
    const IN_A_MEMBER: Self = Self { levels: 126 };

    fn one_level_down<E: Error>(self) -> Result<Self, E> {
        let levels = self.levels.checked_sub(1);
        levels
            .map(|levels| Self { levels })
            .ok_or_else(|| E::custom("it is nested too deep"))
    }
}

impl<'de> DeserializeSeed<'de> for Unique {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON with unique member names")
    }

    fn visit_unit<E: Error>(self) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<usize, E> {
        Ok(weight::TEXT)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<usize, A::Error> {
        let inner = self.one_level_down()?;
        let mut size = weight::ARRAY;
        while let Some(element) = seq.next_element_seed(inner)? {
            size += weight::ELEMENT + element;
        }
        Ok(size)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<usize, A::Error> {
        let inner = self.one_level_down()?;
        let mut names = Names::default();
        let mut size = weight::OBJECT;
        while let Some(Name(name)) = map.next_key()? {
            names.add(name)?;
            size += weight::MEMBER + map.next_value_seed(inner)?;
        }
        Ok(size)
    }
}

#[cfg(test)]
mod tests;
