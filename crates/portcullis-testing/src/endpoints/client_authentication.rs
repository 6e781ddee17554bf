//! Who calls: `client_secret_basic` and `client_secret_post`, RFC 6749 section 2.3.1.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{Form, oauth_error};
use crate::{answer::Answer, clients::Client, record::RecordedRequest, server::State};

/// The client that sent the request, or the answer to one that is none.
pub(crate) fn authenticate(
    state: &State,
    request: &RecordedRequest,
    form: &Form,
) -> Result<Client, Answer> {
    let basic = request.headers.contains_key("authorization");
    let (id, secret) = match (basic, form.value("client_secret")) {
        (true, Some(_)) => {
            return Err(oauth_error(
                400,
                "invalid_request",
                "More than one client authentication.",
            ));
        }
        (true, None) => read_basic(state, request)?,
        (false, secret) => {
            let id = form.value("client_id").unwrap_or_default().to_owned();
            (id, secret.map(str::to_owned))
        }
    };
    let client = state.clients.lock().get(&id).cloned();
    match (client, secret) {
        (Some(client), None) if client.secret.is_none() => {
            Err(oauth_error(403, "invalid_request", "Client not allowed."))
        }
        (Some(client), Some(secret)) if client.secret.as_deref() == Some(&secret) => Ok(client),
        _ => {
            let refused = oauth_error(
                401,
                "invalid_client",
                "Invalid client or Invalid client credentials",
            );
            Err(if basic {
                refused.header("www-authenticate", "Basic realm=\"test\"")
            } else {
                refused
            })
        }
    }
}

/// Identifier and secret, form-decoded unless the client is known to send them raw.
fn read_basic(
    state: &State,
    request: &RecordedRequest,
) -> Result<(String, Option<String>), Answer> {
    let malformed = || oauth_error(400, "invalid_request", "Malformed Basic credentials.");
    let header = request.header("authorization").ok_or_else(malformed)?;
    let encoded = header
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .map(|(_, encoded)| encoded)
        .ok_or_else(malformed)?;
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
        return Ok((id.to_owned(), Some(secret.to_owned())));
    }
    let id = form_decode(id).ok_or_else(malformed)?;
    let secret = form_decode(secret).ok_or_else(malformed)?;
    Ok((id, Some(secret)))
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
