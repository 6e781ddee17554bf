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
        carrier: HeaderValue,
        range: Range<usize>,
    ) -> Result<Self, MalformedToken> {
        let text = carrier.as_bytes().get(range.clone());
        if !text.is_some_and(is_b64token) {
            return Err(MalformedToken);
        }
        Ok(Self::known(carrier, range))
    }

    /// The same where these bytes are known to be a token: nobody looks at them.
    pub(super) fn known(mut carrier: HeaderValue, range: Range<usize>) -> Self {
        carrier.set_sensitive(true);
        Self { carrier, range }
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
        && (has_none_else(characters, else_than_of_jwt) || has_none_else(characters, else_than_b64))
}

/// Whether no byte is of another kind. None is a way out: so many are looked at in one step.
fn has_none_else(bytes: &[u8], else_than: impl Fn(u8) -> u8) -> bool {
    let others = bytes
        .iter()
        .fold(0, |others, byte| others | else_than(*byte));
    others == 0
}

/// Zero for what nearly all tokens are made of, and `/`. How far a byte is from each range, in
/// arithmetic that processors do on many bytes at once.
fn else_than_of_jwt(byte: u8) -> u8 {
    let from_letters = (byte | 0x20).wrapping_sub(b'a').saturating_sub(25);
    // The digits follow upon `-`, `.` and `/`.
    let from_digits_and_separators = byte.wrapping_sub(b'-').saturating_sub(12);
    let from_underscore = byte ^ b'_';
    from_letters
        .min(from_digits_and_separators)
        .min(from_underscore)
}

fn else_than_b64(byte: u8) -> u8 {
    else_than_of_jwt(byte).min(byte ^ b'~').min(byte ^ b'+')
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
            assert_eq!(else_than_b64(byte) == 0, is_named, "{byte}");
            let is_of_jwt = is_named && !b"~+".contains(&byte);
            assert_eq!(else_than_of_jwt(byte) == 0, is_of_jwt, "{byte}");
        }
    }

    #[test]
    fn debug_shows_nothing_of_the_token() {
        let token = AccessToken::new("top-secret").unwrap();
        assert_eq!(format!("{token:?}"), "AccessToken([redacted])");
    }
}
