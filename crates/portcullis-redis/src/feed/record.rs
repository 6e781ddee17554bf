use std::time::Duration;

use bytes::Buf;
use portcullis::Timestamp;

use super::WriterId;

/// What a writer says of itself once a second, in the hash beside the stream, under the seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) writer: WriterId,
    /// Counts its renewals: an older record is told from a newer one whatever the clocks say.
    pub(super) beat: u64,
    pub(super) time: Timestamp,
    /// It will write no more, and has told everything.
    pub(super) is_farewell: bool,
    /// From when on its instance is known to have missed nothing.
    pub(super) complete_since: Option<Timestamp>,
    /// How long its instance remembers, which is what the stream may have been trimmed to.
    pub(super) retention: Duration,
    /// What it has written.
    pub(super) own: Stretch,
    /// What it has read of the others.
    pub(super) others: Vec<Stretch>,
}

/// Entries of one writer without a gap, from the first that still matters; none where `last` is less
/// than `low`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) writer: WriterId,
    pub(super) low: u64,
    pub(super) last: u64,
}

impl Record {
    /// The kind it is sealed as.
    pub(super) const KIND: &'static str = "writer";

    pub(super) fn encode(&self) -> Vec<u8> {
        let never = Timestamp::from_milliseconds(i64::MAX);
        let complete_since = self.complete_since.unwrap_or(never);
        let mut bytes = vec![u8::from(self.is_farewell)];
        bytes.extend_from_slice(&self.beat.to_be_bytes());
        bytes.extend_from_slice(&self.time.as_milliseconds().to_be_bytes());
        bytes.extend_from_slice(&complete_since.as_milliseconds().to_be_bytes());
        bytes.extend_from_slice(&self.retention.as_secs().to_be_bytes());
        for stretch in std::iter::once(&self.own).chain(&self.others) {
            bytes.extend_from_slice(stretch.writer.as_bytes());
            bytes.extend_from_slice(&stretch.low.to_be_bytes());
            bytes.extend_from_slice(&stretch.last.to_be_bytes());
        }
        bytes
    }

    /// `None` for what is none.
    pub(super) fn decode(mut bytes: &[u8]) -> Option<Self> {
        let is_farewell = bytes.try_get_u8().ok()? != 0;
        let beat = bytes.try_get_u64().ok()?;
        let time = Timestamp::from_milliseconds(bytes.try_get_i64().ok()?);
        let complete_since = Some(bytes.try_get_i64().ok()?).filter(|since| *since != i64::MAX);
        let retention = Duration::from_secs(bytes.try_get_u64().ok()?);
        let own = Stretch::decode(&mut bytes)?;
        let mut others = Vec::new();
        while !bytes.is_empty() {
            others.push(Stretch::decode(&mut bytes)?);
        }
        Some(Self {
            writer: own.writer,
            beat,
            time,
            is_farewell,
            complete_since: complete_since.map(Timestamp::from_milliseconds),
            retention,
            own,
            others,
        })
    }

    /// Since when its instance knows of everything that was published: it may have forgotten what
    /// came before.
    pub(super) fn knows_since(&self) -> Option<Timestamp> {
        let remembered = self.time.minus(self.retention);
        self.complete_since.map(|since| since.max(remembered))
    }

    /// What whoever knows as much must have read.
    pub(super) fn stretches(&self) -> impl Iterator<Item = &Stretch> {
        std::iter::once(&self.own).chain(&self.others)
    }
}

impl Stretch {
    fn decode(bytes: &mut &[u8]) -> Option<Self> {
        let (writer, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        Some(Self {
            writer: WriterId::from_bytes(*writer),
            low: bytes.try_get_u64().ok()?.max(1),
            last: bytes.try_get_u64().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_survives_its_encoding() {
        let [one, other] = [(); 2].map(|()| WriterId::random().unwrap());
        let stretch = |writer, low, last| Stretch { writer, low, last };
        let mut record = Record {
            writer: one,
            beat: 3,
            time: Timestamp::from_seconds(5),
            is_farewell: true,
            complete_since: None,
            retention: Duration::from_secs(3630),
            own: stretch(one, 1, 0),
            others: vec![stretch(other, 4, 9), stretch(one, 1, 2)],
        };
        let bytes = record.encode();
        assert_eq!(Record::decode(&bytes), Some(record.clone()));
        assert_eq!(Record::decode(&bytes[..bytes.len() - 1]), None);
        assert_eq!(Record::decode(&[]), None);
        record.complete_since = Some(Timestamp::from_seconds(-1));
        record.is_farewell = false;
        assert_eq!(Record::decode(&record.encode()), Some(record));
    }
}
