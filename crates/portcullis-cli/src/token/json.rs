//! JSON as it was written.

use std::{collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, SeqAccess, Visitor},
    ser::SerializeMap,
};
use serde_json::{Number, Value};

/// JSON with the members of objects in their order, and those that stand there twice.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    /// `null`, a boolean, a number or a text.
    Leaf(Value),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Json {
    /// The member of this name; the last where there are several, as most parsers have it.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let mut members = self.members().iter().rev();
        members.find(|(own, _)| own == name).map(|(_, json)| json)
    }

    /// The text of a member.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// A member that is a point in time, in seconds since the Unix epoch.
    pub(crate) fn seconds(&self, name: &str) -> Option<f64> {
        match self.get(name)? {
            Self::Leaf(Value::Number(number)) => number.as_f64(),
            _ => None,
        }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Leaf(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// The members of an object; nothing else has any.
    pub(crate) fn members(&self) -> &[(String, Self)] {
        match self {
            Self::Object(members) => members,
            Self::Leaf(_) | Self::List(_) => &[],
        }
    }

    /// The names that an object has more than once, in this one or within it.
    pub(crate) fn repeated_names(&self) -> Vec<&str> {
        let (mut repeated, mut known) = (Vec::new(), HashSet::new());
        self.each_repeated(&mut |name| {
            if known.insert(name) {
                repeated.push(name);
            }
        });
        repeated
    }

    fn each_repeated<'a>(&'a self, tell: &mut impl FnMut(&'a str)) {
        if let Self::List(elements) = self {
            elements
                .iter()
                .for_each(|element| element.each_repeated(tell));
        }
        let mut names = HashSet::new();
        for (name, value) in self.members() {
            if !names.insert(name.as_str()) {
                tell(name);
            }
            value.each_repeated(tell);
        }
    }
}

impl From<&Json> for Value {
    /// Of members that stand there twice the last remains.
    fn from(json: &Json) -> Self {
        match json {
            Json::Leaf(value) => value.clone(),
            Json::List(elements) => elements.iter().map(Self::from).collect(),
            Json::Object(members) => {
                let members = members.iter();
                members
                    .map(|(name, value)| (name.clone(), Self::from(value)))
                    .collect()
            }
        }
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Leaf(value) => value.serialize(serializer),
            Self::List(elements) => elements.serialize(serializer),
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AsWritten)
    }
}

struct AsWritten;

impl<'de> Visitor<'de> for AsWritten {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Leaf(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Leaf(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Leaf(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Leaf(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        let number = Number::from_f64(value).map_or(Value::Null, Value::Number);
        Ok(Json::Leaf(number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Leaf(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Json, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = sequence.next_element()? {
            elements.push(element);
        }
        Ok(Json::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_repeated_names_are_kept() {
        let text = r#"{"z":1,"a":[{"b":null,"b":-1.5}],"z":{"é":true}}"#;
        let json: Json = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&json).unwrap(), text);
        assert_eq!(json.repeated_names(), ["b", "z"]);
        assert_eq!(json.get("z"), json.members().last().map(|(_, last)| last));
        let value = serde_json::json!({"a": [{"b": -1.5}], "z": {"é": true}});
        assert_eq!(Value::from(&json), value);
    }
}
