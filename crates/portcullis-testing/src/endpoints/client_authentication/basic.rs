//! Credentials in the `Authorization` header, RFC 6749 section 2.3.1.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{invalid_client, oauth_error};
use crate::{answer::Answer, record::RecordedRequest, server::State};

/// Identifier and secret, form-decoded unless the client is known to send them raw.
pub(crate) fn read_basic(
    state: &State,
    request: &RecordedRequest,
) -> Result<(String, String), Answer> {
    let malformed = || oauth_error(400, "invalid_request", "Malformed Basic credentials.");
    let header = request.header("authorization").ok_or_else(malformed)?;
    let (scheme, encoded) = header.split_once(' ').ok_or_else(malformed)?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Err(invalid_client());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(malformed());
    }
    let decoded = STANDARD
        .decode(encoded)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let (id, secret) = decoded
        .as_deref()
        .and_then(|text| text.split_once(':'))
        .ok_or_else(malformed)?;
    if state
        .clients
        .lock()
        .get(id)
        .is_some_and(|client| client.raw_basic)
    {
        return Ok((id.to_owned(), secret.to_owned()));
    }
    let id = form_decode(id).ok_or_else(malformed)?;
    let secret = form_decode(secret).ok_or_else(malformed)?;
    Ok((id, secret))
}

/// One name or value of `application/x-www-form-urlencoded`; strict, as Keycloak is, so that
/// credentials which were never encoded are found out.
fn form_decode(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex_digit(bytes.next()?)? * 16 + hex_digit(bytes.next()?)?,
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

fn hex_digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_encoded_text_is_decoded() {
        assert_eq!(
            form_decode("p%40ss%3Aw%25rd%2B%2F%C3%A9+%26%3D").as_deref(),
            Some("p@ss:w%rd+/é &=")
        );
        assert_eq!(form_decode("w%rd"), None);
        assert_eq!(form_decode("w%"), None);
        assert_eq!(form_decode("%ff"), None);
    }
}
