use std::{fmt, ops::Range};

use http::HeaderValue;

/// An access token as it was presented: characters of `b64token` (RFC 6750 §2.1) and nothing
/// else. Cheap to clone; its Debug shows nothing of it.
#[derive(Clone)]
pub struct AccessToken {
    /// The header value that carried the token, shared with the request.
    carrier: HeaderValue,
    range: Range<usize>,
}

/// The text is no `b64token` (RFC 6750 §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token has characters that no bearer token has")]
pub struct MalformedToken;

impl AccessToken {
    /// A token that came by another way than a header.
    ///
    /// # Errors
    /// When the text is not a `b64token`: `A-Z a-z 0-9 - . _ ~ + /`, then any number of `=`.
    pub fn new(text: &str) -> Result<Self, MalformedToken> {
        let carrier = HeaderValue::from_str(text).map_err(|_| MalformedToken)?;
        let range = 0..carrier.len();
        Self::inside(carrier, range)
    }

    /// The same of bytes that are a part of a header.
    pub(super) fn of(bytes: &[u8]) -> Result<Self, MalformedToken> {
        let text = std::str::from_utf8(bytes).map_err(|_| MalformedToken)?;
        Self::new(text)
    }

    /// The token that stands at `range` of a header value.
    pub(super) fn inside(
        mut carrier: HeaderValue,
        range: Range<usize>,
    ) -> Result<Self, MalformedToken> {
        let text = carrier.as_bytes().get(range.clone());
        if !text.is_some_and(is_b64token) {
            return Err(MalformedToken);
        }
        carrier.set_sensitive(true);
        Ok(Self { carrier, range })
    }

    /// A token for those who take tokens for granted.
    #[cfg(feature = "test-util")]
    pub(crate) fn assumed() -> Self {
        let carrier = HeaderValue::from_static("assumed");
        let range = 0..carrier.len();
        Self { carrier, range }
    }

    /// The token's text. Keep it no longer than the request lives, and print it nowhere.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.carrier
            .as_bytes()
            .get(self.range.clone())
            .unwrap_or_default()
    }

    /// The token's text. Keep it no longer than the request lives, and print it nowhere.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken([redacted])")
    }
}

pub(super) fn is_b64token(text: &[u8]) -> bool {
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let (characters, _) = text.split_at(text.len() - padding);
    !characters.is_empty()
        && (has_no_other(characters, is_of_jwt) || has_no_other(characters, is_b64))
}

/// Whether every byte is of a kind. None is a way out: so many are looked at in one step.
fn has_no_other(bytes: &[u8], is_good: impl Fn(u8) -> bool) -> bool {
    let others = bytes
        .iter()
        .fold(0, |others, byte| others | u8::from(!is_good(*byte)));
    others == 0
}

/// What nearly all tokens are made of, and `/`.
fn is_of_jwt(byte: u8) -> bool {
    let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    // The digits follow upon `-`, `.` and `/`.
    let is_digit_or_separator = byte.wrapping_sub(b'-') < 13;
    is_letter | is_digit_or_separator | (byte == b'_')
}

fn is_b64(byte: u8) -> bool {
    is_of_jwt(byte) | (byte == b'~') | (byte == b'+')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_b64token() {
        for good in ["a", "aA0-._~+/==", "a.b.c"] {
            assert_eq!(AccessToken::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "=", "=a", "a=b", "a b", "a\"", "a,b", "é"] {
            assert_eq!(AccessToken::new(bad).err(), Some(MalformedToken), "{bad}");
        }
    }

    #[test]
    fn the_characters_are_those_of_the_grammar() {
        for byte in 0..=u8::MAX {
            let is_named = byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
            assert_eq!(is_b64(byte), is_named, "{byte}");
        }
    }

    #[test]
    fn debug_shows_nothing_of_the_token() {
        let token = AccessToken::new("top-secret").unwrap();
        assert_eq!(format!("{token:?}"), "AccessToken([redacted])");
    }
}
