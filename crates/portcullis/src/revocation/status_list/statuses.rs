use flate2::{Decompress, FlushDecompress, Status};

/// Small numbers, packed (§4.1).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Statuses {
    bits: u8,
    bytes: Box<[u8]>,
}

/// Why a packed list cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("`bits` is none of 1, 2, 4 and 8")]
    Bits,
    #[error("`lst` is no zlib stream, or not the whole of one")]
    Broken,
    #[error("there is something behind the zlib stream in `lst`")]
    Trailing,
    #[error("`lst` is longer than 16 MiB, or than there is room for (`StatusLists::max_bytes`)")]
    TooLong,
}

impl Statuses {
    /// How long a list may be when unpacked, in bytes: 128 million tokens of one bit.
    pub(super) const LONGEST: usize = 16 << 20;

    /// Unpacks a list of `longest` bytes at the most. That takes its time.
    pub(super) fn unpack(bits: u8, packed: &[u8], longest: usize) -> Result<Self, Unreadable> {
        if !matches!(bits, 1 | 2 | 4 | 8) {
            return Err(Unreadable::Bits);
        }
        let bytes = inflate(packed, longest.min(Self::LONGEST))?.into();
        Ok(Self { bits, bytes })
    }

    /// How many bytes it takes.
    pub(super) fn length(&self) -> usize {
        self.bytes.len()
    }

    /// The number at this place, counted from the least significant bits on; `None` where there is
    /// no such place.
    pub(super) fn at(&self, index: u64) -> Option<u8> {
        let bits = u64::from(self.bits);
        let in_a_byte = 8 / bits;
        let byte = self.bytes.get(usize::try_from(index / in_a_byte).ok()?)?;
        let mask = u8::MAX >> (8 - self.bits);
        Some((byte >> (index % in_a_byte * bits)) & mask)
    }
}

/// Unpacks one whole zlib stream (RFC 1950) and nothing else, of `longest` bytes at the most.
fn inflate(packed: &[u8], longest: usize) -> Result<Vec<u8>, Unreadable> {
    /// How much room is made at first; twice as much each time that it does not suffice, and never
    /// more than for one byte too many.
    const FIRST: usize = 64 << 10;
    let mut stream = Decompress::new(true);
    let mut bytes = Vec::new();
    let mut rest = packed;
    loop {
        if bytes.len() == bytes.capacity() {
            let left = longest.saturating_add(1).saturating_sub(bytes.len());
            bytes.reserve_exact(bytes.len().max(FIRST).min(left));
        }
        let (read, written) = (stream.total_in(), bytes.len());
        let status = stream
            .decompress_vec(rest, &mut bytes, FlushDecompress::None)
            .map_err(|_| Unreadable::Broken)?;
        let taken = usize::try_from(stream.total_in() - read).unwrap_or(rest.len());
        rest = rest.get(taken..).unwrap_or_default();
        if bytes.len() > longest {
            return Err(Unreadable::TooLong);
        }
        match status {
            Status::StreamEnd if rest.is_empty() => return Ok(bytes),
            Status::StreamEnd => return Err(Unreadable::Trailing),
            Status::Ok | Status::BufError if taken == 0 && bytes.len() == written => {
                return Err(Unreadable::Broken);
            }
            Status::Ok | Status::BufError => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use flate2::{Compression, write::ZlibEncoder};

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn unpacked(bits: u8, lst: &str) -> Statuses {
        Statuses::unpack(bits, &URL_SAFE_NO_PAD.decode(lst).unwrap(), 100).unwrap()
    }

    #[test]
    fn the_drafts_own_lists_are_read() {
        let one = unpacked(1, "eNrbuRgAAhcBXQ");
        assert_eq!(*one.bytes, [0xb9, 0xa3]);
        let read: Vec<_> = (0..17).map(|index| one.at(index)).collect();
        let said = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1].map(Some);
        assert_eq!(read, [&said[..], &[None]].concat());

        let two = unpacked(2, "eNo76fITAAPfAgc");
        assert_eq!(*two.bytes, [0xc9, 0x44, 0xf9]);
        let read: Vec<_> = (0..13).map(|index| two.at(index)).collect();
        let said = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3].map(Some);
        assert_eq!(read, [&said[..], &[None]].concat());
    }

    #[test]
    fn wider_numbers_are_read_too() {
        let four = Statuses::unpack(4, &packed(&[0x21, 0xf0]), 100).unwrap();
        let read: Vec<_> = (0..5).map(|index| four.at(index)).collect();
        assert_eq!(read, [Some(1), Some(2), Some(0), Some(15), None]);
        let eight = Statuses::unpack(8, &packed(&[0, 255]), 100).unwrap();
        assert_eq!(
            [eight.at(0), eight.at(1), eight.at(2)],
            [Some(0), Some(255), None]
        );
        assert_eq!(eight.at(u64::MAX), None);
        for bits in [0, 3, 5, 7, 9, 16, 255] {
            assert_eq!(
                Statuses::unpack(bits, &packed(&[0]), 100),
                Err(Unreadable::Bits)
            );
        }
    }

    #[test]
    fn one_whole_stream_within_the_bound_is_unpacked() {
        let zeros = vec![0; 100_000];
        assert_eq!(inflate(&packed(&zeros), 100_000), Ok(zeros.clone()));
        assert_eq!(inflate(&packed(&zeros), 99_999), Err(Unreadable::TooLong));
        let list = packed(&zeros);
        for end in 0..list.len() {
            assert_eq!(
                inflate(&list[..end], 100_000),
                Err(Unreadable::Broken),
                "{end}"
            );
        }
        let followed = [&list[..], b"x"].concat();
        assert_eq!(inflate(&followed, 100_000), Err(Unreadable::Trailing));
        let twice = [&list[..], &list[..]].concat();
        assert_eq!(inflate(&twice, 100_000), Err(Unreadable::Trailing));
        let mut damaged = list;
        *damaged.last_mut().unwrap() ^= 1;
        assert_eq!(inflate(&damaged, 100_000), Err(Unreadable::Broken));
        assert_eq!(inflate(b"no zlib", 100_000), Err(Unreadable::Broken));
    }

    #[test]
    fn a_bomb_is_given_up_at_the_bound() {
        let bomb = packed(&vec![0; Statuses::LONGEST + 1]);
        assert!(bomb.len() < 64 << 10);
        assert_eq!(
            Statuses::unpack(1, &bomb, usize::MAX),
            Err(Unreadable::TooLong)
        );
    }
}
