use std::time::{Duration, Instant};

use flate2::{Decompress, FlushDecompress, Status};

use crate::{Reason, Rejection, Timestamp, http_client::Began, pacing::refresh_point};

/// A status list that is well signed: what it says of each token, and for how long that is good.
#[derive(Debug)]
pub(crate) struct StatusList {
    pub(super) statuses: Statuses,
    pub(super) began: Began,
    /// When it was issued.
    pub(super) iat: Timestamp,
    pub(super) life: Life,
    /// When it is over, whatever its life.
    pub(super) ends: Option<Timestamp>,
}

/// For how long a list may be used, counted from the beginning of the fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Life {
    /// How old it may become.
    longest: Duration,
    /// At what age it is fetched again.
    refresh_at: Duration,
}

impl Life {
    /// How long a list is kept that does not say (`ttl`).
    const UNSAID: Duration = Duration::from_secs(300);
    const LEAST: Duration = Duration::from_secs(10);
    const MOST: Duration = Duration::from_secs(3600);

    /// What its `ttl` grants, within bounds and until its end: who asks for very short lives would
    /// have us call all the time, and who asks for very long ones would have revoked tokens go on.
    /// The leeway behind its end is for the next one to come.
    pub(super) fn granted(
        ttl: Option<Duration>,
        until_exp: Option<Duration>,
        leeway: Duration,
    ) -> Self {
        let granted = ttl.unwrap_or(Self::UNSAID).clamp(Self::LEAST, Self::MOST);
        let until_exp = until_exp.unwrap_or(Duration::MAX);
        Self {
            longest: granted.min(until_exp.saturating_add(leeway)),
            refresh_at: refresh_point(granted.min(until_exp)),
        }
    }
}

impl StatusList {
    /// Whether it takes the place of the other: the one that was issued later, of two from the same
    /// second the one whose fetch began later.
    pub(super) fn is_newer_than(&self, other: &Self) -> bool {
        (self.iat, self.began.number) > (other.iat, other.began.number)
    }

    /// Whether it may be used.
    pub(super) fn is_good(&self, monotonic: Instant, now: Timestamp) -> bool {
        self.age(monotonic) < self.life.longest && self.ends.is_none_or(|ends| ends > now)
    }

    /// Whether it is time to fetch the next one, before this one is over.
    pub(super) fn is_due(&self, monotonic: Instant) -> bool {
        self.age(monotonic) >= self.life.refresh_at
    }

    pub(super) fn age(&self, monotonic: Instant) -> Duration {
        monotonic.saturating_duration_since(self.began.monotonic)
    }

    /// Judges the token at this place (§7.1), which was issued then. Of a token that is newer than the
    /// list nothing bad can be told: its place may have been made, or given to it, since.
    pub(super) fn judge(&self, index: u64, issued: Option<Timestamp>) -> Judged {
        let why = match self.statuses.at(index) {
            Some(0) => return Judged::Valid,
            _ if issued.is_some_and(|issued| issued >= self.iat) => return Judged::TooNew,
            Some(1) => "its status list says that it is invalid",
            Some(2) => "its status list says that it is suspended",
            Some(_) => "its status list gives it a status that is not known here",
            None => "its status list has no such place",
        };
        Judged::Refused(Rejection::because(Reason::StatusNotValid, why))
    }
}

/// What a list says of a token.
#[derive(Debug)]
pub(super) enum Judged {
    Valid,
    Refused(Rejection),
    /// A newer list has to tell.
    TooNew,
}

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
    #[error("`lst` is longer than {} MiB", Statuses::LONGEST >> 20)]
    TooLong,
}

impl Statuses {
    /// How long a list may be when unpacked, in bytes: 128 million tokens of one bit.
    const LONGEST: usize = 16 << 20;

    pub(super) fn unpack(bits: u8, packed: &[u8]) -> Result<Self, Unreadable> {
        if !matches!(bits, 1 | 2 | 4 | 8) {
            return Err(Unreadable::Bits);
        }
        let bytes = inflate(packed, Self::LONGEST)?.into();
        Ok(Self { bits, bytes })
    }

    /// The number at this place, counted from the least significant bits on; `None` where there is
    /// no such place.
    fn at(&self, index: u64) -> Option<u8> {
        let bits = u64::from(self.bits);
        let in_a_byte = 8 / bits;
        let byte = self.bytes.get(usize::try_from(index / in_a_byte).ok()?)?;
        let mask = u8::MAX >> (8 - self.bits);
        Some((byte >> (index % in_a_byte * bits)) & mask)
    }
}

/// Unpacks one whole zlib stream (RFC 1950) and nothing else, of `longest` bytes at the most.
fn inflate(packed: &[u8], longest: usize) -> Result<Vec<u8>, Unreadable> {
    const STEP: usize = 64 << 10;
    let mut stream = Decompress::new(true);
    let mut bytes = Vec::new();
    let mut rest = packed;
    loop {
        bytes.reserve_exact(STEP.min(longest.saturating_add(1).saturating_sub(bytes.len())));
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
        Statuses::unpack(bits, &URL_SAFE_NO_PAD.decode(lst).unwrap()).unwrap()
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
        let four = Statuses::unpack(4, &packed(&[0x21, 0xf0])).unwrap();
        let read: Vec<_> = (0..5).map(|index| four.at(index)).collect();
        assert_eq!(read, [Some(1), Some(2), Some(0), Some(15), None]);
        let eight = Statuses::unpack(8, &packed(&[0, 255])).unwrap();
        assert_eq!(
            [eight.at(0), eight.at(1), eight.at(2)],
            [Some(0), Some(255), None]
        );
        assert_eq!(eight.at(u64::MAX), None);
        for bits in [0, 3, 5, 7, 9, 16, 255] {
            assert_eq!(Statuses::unpack(bits, &packed(&[0])), Err(Unreadable::Bits));
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
        assert_eq!(Statuses::unpack(1, &bomb), Err(Unreadable::TooLong));
    }

    #[test]
    fn a_life_has_bounds() {
        let seconds = Duration::from_secs;
        for (ttl, until_exp, longest, fetched_again_in) in [
            (None, None, 300, 300),
            (Some(1), None, 10, 10),
            (Some(60), Some(86_400), 60, 60),
            (Some(86_400), None, 3600, 3600),
            (Some(60), Some(5), 35, 5),
            (Some(60), Some(45), 60, 45),
            (Some(60), Some(0), 30, 0),
        ] {
            let (ttl, until_exp) = (ttl.map(seconds), until_exp.map(seconds));
            let life = Life::granted(ttl, until_exp, seconds(30));
            assert_eq!(life.longest, seconds(longest), "{ttl:?} {until_exp:?}");
            let (earliest, latest) = (
                seconds(fetched_again_in) * 7 / 10,
                seconds(fetched_again_in) * 9 / 10,
            );
            assert!((earliest..=latest).contains(&life.refresh_at), "{life:?}");
        }
    }
}
