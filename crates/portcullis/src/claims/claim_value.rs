use std::{fmt, sync::Arc};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    ClaimText,
    json::{Unique, check},
    weight,
};

/// What a claim says, as far as it is listened to.
#[derive(Debug)]
pub(super) enum ClaimValue<'a> {
    /// A text that is a part of the JSON: it is written without escapes.
    Part(&'a str),
    /// Any other text.
    Text(String),
    Bool(bool),
    Array(Vec<Self>),
    /// What is written there.
    Json(&'a RawValue),
    /// What no claim says.
    Other,
}

/// How a claim is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// For what it says itself.
    Plain,
    /// The same, or for what the elements of an array say.
    Elements,
    /// For what is written there.
    Json,
}

impl ClaimValue<'_> {
    /// What it says if it is a text; a part of `source` where it stands there as it is.
    pub(super) fn into_text(self, source: Option<&Arc<str>>) -> Option<ClaimText> {
        match (self, source) {
            (Self::Part(text), Some(source)) => Some(ClaimText::part(source, text)),
            (Self::Part(text), None) => Some(text.into()),
            (Self::Text(text), _) => Some(text.into()),
            _ => None,
        }
    }
}

impl Reading {
    /// Reads a value that was checked already.
    pub(super) fn of(self, json: &RawValue) -> ClaimValue<'_> {
        if self == Self::Json {
            return ClaimValue::Json(json);
        }
        let mut deserializer = serde_json::Deserializer::from_str(json.get());
        let read = self.deserialize(&mut deserializer);
        read.map_or(ClaimValue::Other, |(value, _)| value)
    }
}

/// A value, and how much room it takes up as a `serde_json::Value`, but for its texts. It is read as
/// strictly as those that nobody listens to.
type Weighed<'a> = (ClaimValue<'a>, usize);

impl<'de> DeserializeSeed<'de> for Reading {
    type Value = Weighed<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Weighed<'de>, D::Error> {
        if self == Self::Json {
            let json = <&RawValue>::deserialize(deserializer)?;
            let size = check(json).map_err(D::Error::custom)?;
            return Ok((ClaimValue::Json(json), size));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reading {
    type Value = Weighed<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON with unique member names")
    }

    fn visit_unit<E: Error>(self) -> Result<Weighed<'de>, E> {
        Ok((ClaimValue::Other, 0))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Weighed<'de>, E> {
        Ok((ClaimValue::Bool(value), 0))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Weighed<'de>, E> {
        Ok((ClaimValue::Other, 0))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Weighed<'de>, E> {
        Ok((ClaimValue::Other, 0))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Weighed<'de>, E> {
        Ok((ClaimValue::Other, 0))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Weighed<'de>, E> {
        Ok((ClaimValue::Part(text), weight::TEXT))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Weighed<'de>, E> {
        Ok((ClaimValue::Text(text.to_owned()), weight::TEXT))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Weighed<'de>, A::Error> {
        if self != Self::Elements {
            let size = Unique::IN_A_MEMBER.visit_seq(seq)?;
            return Ok((ClaimValue::Other, size));
        }
        let mut elements = Vec::new();
        let mut size = weight::ARRAY;
        while let Some((element, its_size)) = seq.next_element_seed(Self::Plain)? {
            size += weight::ELEMENT + its_size;
            elements.push(element);
        }
        Ok((ClaimValue::Array(elements), size))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Weighed<'de>, A::Error> {
        let size = Unique::IN_A_MEMBER.visit_map(map)?;
        Ok((ClaimValue::Other, size))
    }
}
