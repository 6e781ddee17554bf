use base64_simd::URL_SAFE_NO_PAD;

use crate::{Reason, Rejection};

/// A JWS in compact serialization (RFC 7515 §7.1), decoded strictly: unpadded base64url with no
/// bits left over, so that one token has one spelling.
pub(super) struct Compact<'a> {
    /// As it was sent.
    pub(super) header: &'a str,
    pub(super) payload: Vec<u8>,
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

    pub(super) fn parse(token: &'a str) -> Result<Self, Rejection> {
        let mut parts = token.splitn(4, '.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(if is_encrypted(token) {
                malformed(Reason::UnsupportedToken, "the token is encrypted (JWE)")
            } else {
                malformed(Reason::MalformedToken, "a JWS has three parts")
            });
        };
        if header.len() > (MAX_HEADER * 4).div_ceil(3) {
            return Err(malformed(
                Reason::MalformedHeader,
                "the JOSE header is longer than 4 KiB",
            ));
        }
        let message_length = header.len() + 1 + payload.len();
        Ok(Self {
            header,
            payload: decode(payload)?,
            signature: decode(signature)?,
            message: token.as_bytes().get(..message_length).unwrap_or_default(),
        })
    }
}

/// Whether the token has the five parts of a JWE (RFC 7516 §7.1).
fn is_encrypted(token: &str) -> bool {
    token.bytes().filter(|byte| *byte == b'.').count() == 4
}

fn decode(part: &str) -> Result<Vec<u8>, Rejection> {
    if part.is_empty() {
        return Err(malformed(
            Reason::MalformedToken,
            "a part of the JWS is empty",
        ));
    }
    URL_SAFE_NO_PAD
        .decode_to_vec(part)
        .map_err(|_| malformed(Reason::MalformedToken, "a part of the JWS is not base64url"))
}

fn malformed(reason: Reason, diagnosis: &'static str) -> Rejection {
    Rejection::because(reason, diagnosis)
}

#[cfg(test)]
mod tests {
    use base64::Engine;

    use super::*;

    fn is_read_alike(part: &str) {
        let strict = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part);
        let strict = strict.ok().filter(|_| !part.is_empty());
        assert_eq!(decode(part).ok(), strict, "{part:?}");
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
