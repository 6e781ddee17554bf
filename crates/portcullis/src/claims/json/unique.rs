use std::fmt;

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};

use super::names::{FEW_WITHIN, Names};
use crate::claims::weight;

/// Any JSON value whose objects have unique names, nested in so many levels at the most; how much room
/// it takes up, but for its texts. Strings are decoded on the way, so that a lone surrogate is refused
/// wherever it stands.
#[derive(Clone, Copy)]
pub(in crate::claims) struct Unique {
    levels: u8,
}

impl Unique {
    /// `serde_json` reads 127 levels, and one is the object around the member: whoever reads the whole
    /// text again gets as deep as this.
    pub(in crate::claims) const IN_A_MEMBER: Self = Self { levels: 126 };

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
        let mut names = Names::<FEW_WITHIN>::default();
        let mut size = weight::OBJECT;
        while let Some(name) = map.next_key()? {
            names.add(name)?;
            size += weight::MEMBER + map.next_value_seed(inner)?;
        }
        Ok(size)
    }
}
