use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{Reason, Rejection};

/// A JWS in compact serialization (RFC 7515 §7.1), decoded strictly: unpadded base64url with no
/// bits left over, so that one token has one spelling.
pub(super) struct Compact<'a> {
    pub(super) header: Vec<u8>,
    pub(super) payload: Vec<u8>,
    pub(super) signature: Vec<u8>,
    /// What is signed: header and payload as they were sent.
    pub(super) message: &'a [u8],
}

/// How long a header may be when decoded, in bytes.
const MAX_HEADER: usize = 4096;

impl<'a> Compact<'a> {
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
            header: decode(header)?,
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
        .decode(part)
        .map_err(|_| malformed(Reason::MalformedToken, "a part of the JWS is not base64url"))
}

fn malformed(reason: Reason, diagnosis: &'static str) -> Rejection {
    Rejection::because(reason, diagnosis)
}
