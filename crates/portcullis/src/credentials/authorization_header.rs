use http::{HeaderValue, header};

use super::{
    AccessToken, Credentials, RequestView, Scheme, TokenExtractor, access_token::is_b64token,
};
use crate::{Reason, Rejection, verify::jwt::Memory};

/// Takes the token from the `Authorization` header (RFC 6750 §2.1, RFC 9449 §7.1).
///
/// The header is a singleton: two of them, or a list in one, are a malformed request. Another
/// scheme counts as no credentials.
#[derive(Debug, Clone)]
pub struct AuthorizationHeader {
    max_token_length: usize,
}

impl Default for AuthorizationHeader {
    fn default() -> Self {
        Self {
            max_token_length: 16 * 1024,
        }
    }
}

impl AuthorizationHeader {
    /// The longest token that is looked at, in bytes; 16 KiB unless set. Longer ones are refused
    /// before anything is decoded or hashed.
    #[must_use]
    pub fn max_token_length(mut self, bytes: usize) -> Self {
        self.max_token_length = bytes;
        self
    }
}

impl TokenExtractor for AuthorizationHeader {
    fn find(&self, request: RequestView<'_>) -> Result<Option<Credentials>, Rejection> {
        self.find_knowing(request, |_| false)
    }

    fn find_remembering<'r>(
        &self,
        request: RequestView<'r>,
        memory: &mut Memory<'r>,
    ) -> Result<Option<Credentials>, Rejection> {
        self.find_knowing(request, |bytes| memory.knows(bytes))
    }
}

impl AuthorizationHeader {
    /// The characters of what `is_known` knows as a token are not looked at.
    fn find_knowing<'r>(
        &self,
        request: RequestView<'r>,
        is_known: impl FnOnce(&'r [u8]) -> bool,
    ) -> Result<Option<Credentials>, Rejection> {
        let mut values = request.headers.get_all(header::AUTHORIZATION).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            return Err(Rejection::because(
                Reason::MalformedCredentials,
                "the request has more than one `Authorization` header",
            ));
        }
        let Some((scheme, start)) = token_start(value, request)? else {
            return Ok(None);
        };
        let bytes = value.as_bytes().get(start..).unwrap_or_default();
        let refused = if bytes.len() > self.max_token_length {
            "the token is longer than `max_token_length`".to_owned()
        } else if is_known(bytes) {
            let token = AccessToken::known(value.clone(), start..value.len());
            return Ok(Some(credentials(scheme, token)));
        } else {
            match AccessToken::inside(value.clone(), start..value.len()) {
                Ok(token) => return Ok(Some(credentials(scheme, token))),
                Err(error) => error.to_string(),
            }
        };
        // What is one token is no list.
        if is_list(bytes) {
            return Err(malformed(
                "the `Authorization` header is a list of credentials",
            ));
        }
        Err(Rejection::because(Reason::MalformedToken, refused).under(scheme))
    }
}

fn credentials(scheme: Scheme, token: AccessToken) -> Credentials {
    match scheme {
        Scheme::Bearer => Credentials::bearer(token),
        Scheme::Dpop => Credentials::dpop(token),
    }
}

/// The scheme, and where in the header value the token begins: `None` under one that is not taken.
fn token_start(
    value: &HeaderValue,
    request: RequestView<'_>,
) -> Result<Option<(Scheme, usize)>, Rejection> {
    let bytes = value.as_bytes();
    if let Some(start) = usual_start(bytes) {
        return Ok(Some((Scheme::Bearer, start)));
    }
    let scheme_length = bytes
        .iter()
        .position(|byte| matches!(byte, b' ' | b'\t'))
        .unwrap_or(bytes.len());
    let (name, rest) = bytes.split_at(scheme_length);
    let Some(scheme) = Scheme::from_name(name).filter(|scheme| request.accepts(*scheme)) else {
        if joins_a_bearer_token(rest) {
            return Err(malformed(
                "the `Authorization` header is a list of credentials",
            ));
        }
        return Ok(None);
    };
    let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
    let (_, token) = rest.split_at(spaces);
    if spaces == 0 || token.first() == Some(&b'\t') {
        return Err(malformed(
            "the scheme is not followed by a space and a token",
        ));
    }
    if token.is_empty() {
        return Err(malformed("the scheme is not followed by a token"));
    }
    Ok(Some((scheme, scheme_length + spaces)))
}

/// Where the token begins in a header as nearly all are: `Bearer` just so, one space, the token.
fn usual_start(bytes: &[u8]) -> Option<usize> {
    const BEGINNING: &[u8] = b"Bearer ";
    let first = bytes.strip_prefix(BEGINNING)?.first()?;
    (!matches!(first, b' ' | b'\t')).then_some(BEGINNING.len())
}

fn malformed(diagnosis: &'static str) -> Rejection {
    Rejection::because(Reason::MalformedCredentials, diagnosis)
}

/// Whether what follows the scheme is a token with more behind a comma. Text with a comma that
/// does not even begin with a token, such as JSON, is one malformed token.
fn is_list(rest: &[u8]) -> bool {
    let Some(comma) = rest.iter().position(|byte| *byte == b',') else {
        return false;
    };
    let first = rest.get(..comma).unwrap_or_default().trim_ascii_end();
    first.is_empty() || is_b64token(first) || joins_a_bearer_token(rest)
}

/// Whether a proxy seems to have joined a second header line with a bearer token to this one.
fn joins_a_bearer_token(rest: &[u8]) -> bool {
    rest.split(|byte| *byte == b',').skip(1).any(|part| {
        let part = part.trim_ascii_start();
        part.get(..7)
            .is_some_and(|start| start.eq_ignore_ascii_case(b"bearer "))
    })
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn find(values: &[&str]) -> Result<Option<String>, Reason> {
        find_knowing(values, |_| false)
    }

    fn find_knowing(
        values: &[&str],
        is_known: impl FnOnce(&[u8]) -> bool,
    ) -> Result<Option<String>, Reason> {
        let mut request = Request::new(());
        for value in values {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            request.headers_mut().append(header::AUTHORIZATION, value);
        }
        AuthorizationHeader::default()
            .max_token_length(8)
            .find_knowing((&request).into(), is_known)
            .map(|found| found.map(|credentials| credentials.token.as_str().to_owned()))
            .map_err(|rejection| rejection.reason())
    }

    #[test]
    fn the_scheme_is_case_insensitive_and_spaces_may_repeat() {
        for value in ["Bearer abc", "bEaReR abc", "Bearer    abc"] {
            assert_eq!(find(&[value]), Ok(Some("abc".to_owned())), "{value}");
        }
    }

    #[test]
    fn the_usual_header_is_read_as_any_other() {
        let rest = |name: &str| {
            [
                "", " ", " a", "  a", " \t", " \ta", "\ta", "a", " ,", " a,b",
            ]
            .map(|rest| find(&[&format!("{name}{rest}")]))
        };
        assert_eq!(rest("Bearer"), rest("bearer"));
    }

    #[test]
    fn another_scheme_is_no_credentials() {
        for value in [
            "Basic Zm9v",
            "Bearertok",
            "Token abc",
            "Negotiate x",
            "",
            "DPoP abc",
        ] {
            assert_eq!(find(&[value]), Ok(None), "{value}");
        }
        assert_eq!(find(&[]), Ok(None));
    }

    #[test]
    fn more_than_one_set_of_credentials_is_malformed() {
        let malformed = Err(Reason::MalformedCredentials);
        assert_eq!(find(&["Bearer a", "Bearer a"]), malformed);
        assert_eq!(find(&["Basic a", "Bearer a"]), malformed);
        assert_eq!(find(&["Bearer a, Bearer b"]), malformed);
        assert_eq!(find(&["Basic a, bearer b"]), malformed);
        assert_eq!(find(&["Bearer"]), malformed);
        assert_eq!(find(&["Bearer\tabc"]), malformed);
        assert_eq!(find(&["Bearer \tabc"]), malformed);
    }

    #[test]
    fn a_bad_token_is_a_malformed_token() {
        for value in [
            "Bearer a b",
            "Bearer =a",
            "Bearer a$b",
            "Bearer é",
            "Bearer 123456789",
        ] {
            assert_eq!(find(&[value]), Err(Reason::MalformedToken), "{value}");
        }
    }

    #[test]
    fn what_is_known_is_not_looked_at_again_and_all_else_is() {
        assert_eq!(
            find_knowing(&["Bearer a$b"], |bytes| bytes == b"a$b"),
            Ok(Some("a$b".to_owned()))
        );
        for (value, reason) in [
            ("Bearer a$b", Reason::MalformedToken),
            ("Bearer a, Bearer b", Reason::MalformedCredentials),
        ] {
            assert_eq!(find_knowing(&[value], |_| false), Err(reason), "{value}");
        }
    }

    #[test]
    fn nobody_is_asked_about_what_is_too_long_or_one_of_several() {
        let asked = |_: &[u8]| -> bool { panic!("asked") };
        let long = find_knowing(&["Bearer 123456789"], asked);
        assert_eq!(long, Err(Reason::MalformedToken));
        let several = find_knowing(&["Bearer a", "Bearer a"], asked);
        assert_eq!(several, Err(Reason::MalformedCredentials));
    }
}
