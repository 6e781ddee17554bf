//! The `Authorization` header (RFC 6750 §2.1, RFC 9110 §11.6.2). Lines of the input are header lines.

use http::{HeaderValue, Request, header};
use portcullis::{AuthorizationHeader, Credentials, RequestView, TokenExtractor};

use crate::Outcome;

/// The longest token that is looked at.
const LONGEST: usize = 16 * 1024;

/// Takes the credentials out of the header, and reads the header once more.
pub fn run(data: &[u8]) -> Outcome {
    let mut request = Request::new(());
    let lines: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    for line in &lines {
        let Ok(value) = HeaderValue::from_bytes(line) else {
            return Outcome::Refused;
        };
        request.headers_mut().append(header::AUTHORIZATION, value);
    }
    let found = find(&request);
    let [line] = lines.as_slice() else {
        assert!(found.is_err(), "two header lines are not one");
        return Outcome::Refused;
    };
    match (found, bearer_token(line)) {
        (Ok(Some(credentials)), Some(token)) => {
            assert_eq!(credentials.token.as_bytes(), token);
            is_found_again(token);
            is_kept_secret(&credentials, token);
            Outcome::Accepted
        }
        (Ok(Some(_)), None) => wrong("what is no bearer token is taken for one"),
        (Ok(None), _) if names_bearer(line) => wrong("bearer credentials are taken for none"),
        (Ok(None), _) => Outcome::Refused,
        (Err(rejection), None) => {
            assert!(rejection.status().is_client_error());
            Outcome::Refused
        }
        (Err(_), Some(_)) => wrong("a bearer token is refused"),
    }
}

fn find(request: &Request<()>) -> Result<Option<Credentials>, portcullis::Rejection> {
    AuthorizationHeader::default().find(RequestView::from(request))
}

/// The token of a line that is `Bearer`, spaces and a `b64token`, and nothing else.
fn bearer_token(line: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = line.split_at_checked(6)?;
    let token = rest.iter().position(|byte| *byte != b' ')?;
    let (spaces, token) = rest.split_at_checked(token)?;
    let characters = token
        .iter()
        .position(|byte| !matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'+' | b'/'))
        .unwrap_or(token.len());
    let (_, padding) = token.split_at_checked(characters)?;
    let is_token = scheme.eq_ignore_ascii_case(b"bearer")
        && !spaces.is_empty()
        && characters > 0
        && padding.iter().all(|byte| *byte == b'=')
        && token.len() <= LONGEST;
    is_token.then_some(token)
}

fn names_bearer(line: &[u8]) -> bool {
    let scheme = line.split(|byte| matches!(byte, b' ' | b'\t')).next();
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer"))
}

fn is_found_again(token: &[u8]) {
    let mut request = Request::new(());
    let line = [b"Bearer ", token].concat();
    let value = HeaderValue::from_bytes(&line).unwrap();
    request.headers_mut().insert(header::AUTHORIZATION, value);
    let found = find(&request).unwrap().unwrap();
    assert_eq!(found.token.as_bytes(), token);
}

fn is_kept_secret(credentials: &Credentials, token: &[u8]) {
    // A short one may stand in any text.
    const TELLING: usize = 16;
    let shown = format!("{credentials:?}");
    let token = std::str::from_utf8(token).unwrap();
    assert!(token.len() < TELLING || !shown.contains(token), "{shown}");
}

#[expect(clippy::panic, reason = "this is how a target says what it has found")]
fn wrong(what: &str) -> ! {
    panic!("{what}")
}
