use http::{HeaderMap, HeaderValue, Uri, header};

use super::{Credentials, RequestView, TokenExtractor, lone_token::lone_token};
use crate::Rejection;

/// Takes the token from a cookie, for pages whose scripts must not see it.
///
/// **Browsers send cookies along with whatever other sites make them send**, so a service that takes
/// tokens from one needs a protection against cross-site request forgery that one which takes them
/// from headers does not: `SameSite=Lax` or `Strict` on the cookie, and for everything that changes
/// something a check of `Origin` or `Sec-Fetch-Site`, or a token of its own, in a layer outside of
/// this one. Name the cookie with the prefix `__Host-`, which no subdomain can set. Answers to such
/// requests are private (`Cache-Control`): of a cookie shared caches do not know that it is a token.
#[derive(Debug, Clone)]
pub struct TokenCookie {
    name: String,
}

impl TokenCookie {
    /// A cookie of this name, such as `__Host-access_token`.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

impl TokenExtractor for TokenCookie {
    fn find(&self, request: RequestView<'_>) -> Result<Option<Credentials>, Rejection> {
        let lines = request.headers.get_all(header::COOKIE).iter();
        let values = lines
            .flat_map(pairs)
            .filter_map(|pair| self.is_own(pair).then(|| value_of(pair)).flatten())
            .map(unquoted);
        let token = lone_token("cookie", values)?;
        Ok(token.map(|token| Credentials::bearer(token).with_private_answer()))
    }

    fn cover(&self, headers: &mut HeaderMap, _: &mut Uri, strip: bool) {
        let header::Entry::Occupied(lines) = headers.entry(header::COOKIE) else {
            return;
        };
        let (_, lines) = lines.remove_entry_mult();
        let covered: Vec<_> = lines
            .filter_map(|line| {
                if strip {
                    self.without_own(&line)
                } else {
                    Some(line)
                }
            })
            .collect();
        for mut line in covered {
            line.set_sensitive(true);
            headers.append(header::COOKIE, line);
        }
    }
}

impl TokenCookie {
    fn is_own(&self, pair: &[u8]) -> bool {
        let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
        name.trim_ascii() == self.name.as_bytes()
    }

    /// The line without the cookie; `None` when nothing else is in it.
    fn without_own(&self, line: &HeaderValue) -> Option<HeaderValue> {
        let others: Vec<&[u8]> = pairs(line).filter(|pair| !self.is_own(pair)).collect();
        let others = others.join(b"; ".as_slice());
        (!others.is_empty()).then(|| HeaderValue::from_bytes(&others).ok())?
    }
}

/// The cookies of a line, each with its value. Other cookies may have bytes that are no text.
fn pairs(line: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    let pairs = line.as_bytes().split(|byte| *byte == b';');
    pairs.map(<[u8]>::trim_ascii)
}

fn value_of(pair: &[u8]) -> Option<&[u8]> {
    let mut parts = pair.splitn(2, |byte| *byte == b'=');
    parts.nth(1).map(<[u8]>::trim_ascii)
}

/// A value may stand in quotes (RFC 6265 §4.1.1).
fn unquoted(value: &[u8]) -> &[u8] {
    let quoted = value.strip_prefix(b"\"");
    let quoted = quoted.and_then(|value| value.strip_suffix(b"\""));
    quoted.unwrap_or(value)
}
