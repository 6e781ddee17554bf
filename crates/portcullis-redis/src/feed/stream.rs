use std::{collections::HashMap, fmt};

use redis::{Value, from_redis_value};

/// Where an entry stands in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct StreamId {
    /// By the server's clock.
    pub(super) milliseconds: u64,
    sequence: u64,
}

/// What the server says of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StreamState {
    /// The highest id that was ever given out.
    pub(super) last_generated: StreamId,
    /// How many entries it has had, where the server counts them.
    pub(super) added: Option<u64>,
    /// The oldest entry that is left.
    pub(super) first: Option<StreamId>,
}

impl StreamId {
    /// Before everything.
    pub(super) const START: Self = Self {
        milliseconds: 0,
        sequence: 0,
    };

    pub(super) fn parse(text: &str) -> Option<Self> {
        let (milliseconds, sequence) = text.split_once('-')?;
        Some(Self {
            milliseconds: milliseconds.parse().ok()?,
            sequence: sequence.parse().ok()?,
        })
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.milliseconds, self.sequence)
    }
}

impl StreamState {
    /// From the answer to `XINFO STREAM`.
    pub(super) fn of(mut members: HashMap<String, Value>) -> Option<Self> {
        let mut member = |name| members.remove(name);
        let last: String = from_redis_value(member("last-generated-id")?).ok()?;
        let added = member("entries-added").and_then(|added| from_redis_value(added).ok());
        let first = match member("first-entry") {
            Some(Value::Array(entry)) => entry.into_iter().next(),
            _ => None,
        };
        let first = first.and_then(|id| from_redis_value::<String>(id).ok());
        Some(Self {
            last_generated: StreamId::parse(&last)?,
            added,
            first: first.as_deref().and_then(StreamId::parse),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_compared_by_number() {
        let id = |text| StreamId::parse(text).unwrap();
        assert!(id("9-10") > id("9-9") && id("10-0") > id("9-99"));
        assert!(StreamId::START < id("0-1"));
        assert_eq!(id("17-3").to_string(), "17-3");
        for text in ["", "1", "-1", "1-", "1-2-3", "+"] {
            assert_eq!(StreamId::parse(text), None, "{text}");
        }
    }
}
