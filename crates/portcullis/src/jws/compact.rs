use std::{
    mem::MaybeUninit,
    str::{self, Utf8Error},
    sync::Arc,
};

use base64_simd::{AsOut, URL_SAFE_NO_PAD};
use memchr::{memchr, memrchr};

use crate::{Reason, Rejection};

/// A JWS in compact serialization (RFC 7515 §7.1), decoded strictly: unpadded base64url with no
/// bits left over, so that one token has one spelling.
pub(super) struct Compact<'a> {
    /// As it was sent.
    pub(super) header: &'a [u8],
    /// The text of it, if it is one.
    pub(super) payload: Result<Arc<str>, Utf8Error>,
    pub(super) signature: Vec<u8>,
    /// What is signed: header and payload as they were sent.
    pub(super) message: &'a [u8],
}

/// How long a header may be when decoded, in bytes.
const MAX_HEADER: usize = 4096;

impl<'a> Compact<'a> {
    /// The JSON text of the header.
    pub(super) fn decoded_header(&self) -> Result<Vec<u8>, Rejection> {
        decode(self.header)
    }

    pub(super) fn parse(token: &'a [u8]) -> Result<Self, Rejection> {
        let Some([header, payload, signature]) = at_outer_dots(token) else {
            return Err(not_three_parts(token));
        };
        let message_length = header.len() + 1 + payload.len();
        let decoded = decode_text(payload);
        if decoded.is_err() && payload.contains(&b'.') {
            return Err(not_three_parts(token));
        }
        if header.len() > (MAX_HEADER * 4).div_ceil(3) {
            return Err(malformed(
                Reason::MalformedHeader,
                "the JOSE header is longer than 4 KiB",
            ));
        }
        Ok(Self {
            header,
            payload: decoded?,
            signature: decode(signature)?,
            message: token.get(..message_length).unwrap_or_default(),
        })
    }
}

/// What the first dot and the last one separate. The payload, between them, is the longest by far: it is looked
/// through once, when it is decoded, since what has a dot in it is no base64url.
fn at_outer_dots(token: &[u8]) -> Option<[&[u8]; 3]> {
    let (first, last) = (memchr(b'.', token)?, memrchr(b'.', token)?);
    let header = token.get(..first)?;
    let payload = token.get(first + 1..last)?;
    let signature = token.get(last + 1..)?;
    Some([header, payload, signature])
}

fn not_three_parts(token: &[u8]) -> Rejection {
    if is_encrypted(token) {
        return malformed(Reason::UnsupportedToken, "the token is encrypted (JWE)");
    }
    malformed(Reason::MalformedToken, "a JWS has three parts")
}

/// Whether the token has the five parts of a JWE (RFC 7516 §7.1).
fn is_encrypted(token: &[u8]) -> bool {
    token.iter().filter(|byte| **byte == b'.').count() == 4
}

fn decode(part: &[u8]) -> Result<Vec<u8>, Rejection> {
    let part = not_empty(part)?;
    URL_SAFE_NO_PAD
        .decode_to_vec(part)
        .map_err(|_| not_base64url())
}

/// The same of what may be a text, to be kept. As a rule it is decoded where it need not be given back.
fn decode_text(part: &[u8]) -> Result<Result<Arc<str>, Utf8Error>, Rejection> {
    const AS_A_RULE: usize = 4096;
    let part = not_empty(part)?;
    if part.len() > AS_A_RULE {
        return Ok(str::from_utf8(&decode(part)?).map(Arc::from));
    }
    let mut room = [MaybeUninit::<u8>::uninit(); AS_A_RULE];
    let decoded = URL_SAFE_NO_PAD.decode(part, room.as_mut_slice().as_out());
    let decoded = decoded.map_err(|_| not_base64url())?;
    Ok(str::from_utf8(decoded).map(Arc::from))
}

fn not_empty(part: &[u8]) -> Result<&[u8], Rejection> {
    if part.is_empty() {
        return Err(malformed(
            Reason::MalformedToken,
            "a part of the JWS is empty",
        ));
    }
    Ok(part)
}

fn not_base64url() -> Rejection {
    malformed(Reason::MalformedToken, "a part of the JWS is not base64url")
}

fn malformed(reason: Reason, diagnosis: &'static str) -> Rejection {
    Rejection::because(reason, diagnosis)
}

#[cfg(test)]
mod tests {
    use base64::Engine;

    use super::*;

    #[test]
    fn what_has_not_three_parts_is_told_so_whatever_they_are() {
        let long = "e".repeat(2 * MAX_HEADER);
        for (token, reason) in [
            ("", Reason::MalformedToken),
            ("e30", Reason::MalformedToken),
            ("e30.e30", Reason::MalformedToken),
            ("e30.e30.e30.e30", Reason::MalformedToken),
            ("e30...e30", Reason::MalformedToken),
            ("e30.e30.e30.e30.e30", Reason::UnsupportedToken),
            ("e30..e30.e30.e30", Reason::UnsupportedToken),
            ("e30.e30.e30.e30.e30.e30", Reason::MalformedToken),
            (&format!("{long}.e30.e30.e30.e30"), Reason::UnsupportedToken),
            (&format!("{long}.e30.e30.e30"), Reason::MalformedToken),
            (&format!("{long}.?.e30"), Reason::MalformedHeader),
            ("e30.?.e30", Reason::MalformedToken),
            ("e30..e30", Reason::MalformedToken),
            ("e30.e30.", Reason::MalformedToken),
        ] {
            let refused = Compact::parse(token.as_bytes());
            let refused = refused.err().map(|refusal| refusal.reason());
            assert_eq!(refused, Some(reason), "{token}");
        }
    }

    fn is_read_alike(part: &str) {
        let strict = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part);
        let strict = strict.ok().filter(|_| !part.is_empty());
        assert_eq!(decode(part.as_bytes()).ok(), strict, "{part:?}");
        let text = strict.map(|strict| str::from_utf8(&strict).map(Arc::from));
        assert_eq!(decode_text(part.as_bytes()).ok(), text, "{part:?}");
    }

    /// All of it, where all can be tried: padding, bits left over, the other alphabet.
    #[test]
    fn one_text_has_one_spelling() {
        let letters = [
            'A', 'Q', 'g', 'w', 'z', '9', '-', '_', '+', '/', '=', '.', ' ', '\n',
        ];
        let mut parts = vec![String::new()];
        for _ in 0..4 {
            parts = parts
                .iter()
                .flat_map(|part| letters.map(|letter| format!("{part}{letter}")))
                .collect();
            parts.iter().for_each(|part| is_read_alike(part));
        }
    }

    #[test]
    fn a_text_is_the_same_however_long_it_is() {
        for length in [1, 3071, 3072, 3073, 9000] {
            for character in ["a", "é"] {
                is_read_alike(
                    &base64::engine::general_purpose::URL_SAFE_NO_PAD
                        .encode(character.repeat(length)),
                );
            }
        }
    }

    /// Long parts are read many letters at a time.
    #[test]
    fn one_wrong_letter_is_found_wherever_it_stands() {
        for length in 60..140_u8 {
            let bytes: Vec<u8> = (0..length).map(|byte| byte.wrapping_mul(151)).collect();
            let part = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
            is_read_alike(&part);
            for at in 0..part.len() {
                for wrong in ["+", "/", "=", "!", "\u{7f}", "é"] {
                    let mut spoiled = part.clone();
                    spoiled.replace_range(at..=at, wrong);
                    is_read_alike(&spoiled);
                }
            }
        }
    }
}
