use bytes::Buf;
use portcullis::{RevocationNotice, Timestamp};

use super::WriterId;

/// One piece of news as it stands in the stream, under the seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) writer: WriterId,
    /// Counts the entries of the writer, from 1. One that is appended again keeps its number.
    pub(super) number: u64,
    /// When the writer heard of it, by its own clock.
    pub(super) time: Timestamp,
    pub(super) notice: RevocationNotice,
}

impl Entry {
    /// The kind it is sealed as.
    pub(super) const KIND: &'static str = "notice";

    pub(super) fn encode(&self) -> Vec<u8> {
        let notice = self.notice.encode();
        let mut bytes = Vec::with_capacity(WriterId::LENGTH + 16 + notice.len());
        bytes.extend_from_slice(self.writer.as_bytes());
        bytes.extend_from_slice(&self.number.to_be_bytes());
        bytes.extend_from_slice(&self.time.as_milliseconds().to_be_bytes());
        bytes.extend_from_slice(&notice);
        bytes
    }

    /// `None` for what is none, or tells of something that this version does not know.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (writer, mut rest) = bytes.split_first_chunk()?;
        let number = rest.try_get_u64().ok().filter(|number| *number > 0)?;
        let time = rest.try_get_i64().ok()?;
        Some(Self {
            writer: WriterId::from_bytes(*writer),
            number,
            time: Timestamp::from_milliseconds(time),
            notice: RevocationNotice::decode(rest).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_survives_its_encoding_and_nothing_shorter_does() {
        let notice = br#"{"kind":"session","sid":"a","issued":1,"received":2}"#;
        let entry = Entry {
            writer: WriterId::random().unwrap(),
            number: 7,
            time: Timestamp::from_seconds(1_700_000_000),
            notice: RevocationNotice::decode(notice).unwrap(),
        };
        let bytes = entry.encode();
        assert_eq!(Entry::decode(&bytes), Some(entry.clone()));
        for length in 0..bytes.len() {
            assert_eq!(Entry::decode(&bytes[..length]), None, "{length}");
        }
        let nameless = Entry { number: 0, ..entry };
        assert_eq!(Entry::decode(&nameless.encode()), None);
    }
}
