use http::{HeaderMap, HeaderValue, Uri, header};

use super::{AccessToken, Credentials, RequestView, TokenExtractor};
use crate::{Reason, Rejection};

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
    /// The longest token that is looked at, in bytes.
    const MAX_LENGTH: usize = 16 * 1024;

    /// A cookie of this name, such as `__Host-access_token`.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

impl TokenExtractor for TokenCookie {
    fn find(&self, request: RequestView<'_>) -> Result<Option<Credentials>, Rejection> {
        let lines = request.headers.get_all(header::COOKIE).iter();
        let mut values = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter_map(|(name, value)| (name == self.name).then_some(value));
        let Some(value) = values.next() else {
            return Ok(None);
        };
        let quoted = value
            .strip_prefix('"')
            .and_then(|value| value.strip_suffix('"'));
        let token = quoted.unwrap_or(value);
        if token.is_empty() || values.next().is_some() {
            return Err(Rejection::because(
                Reason::MalformedCredentials,
                "the token's cookie is empty, or there are several",
            ));
        }
        if token.len() > Self::MAX_LENGTH {
            let diagnosis = "the cookie's token is longer than 16 KiB";
            return Err(Rejection::because(Reason::MalformedToken, diagnosis));
        }
        AccessToken::new(token)
            .map(|token| Some(Credentials::bearer(token).with_private_answer()))
            .map_err(|error| Rejection::because(Reason::MalformedToken, error.to_string()))
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
    /// The line without the cookie; `None` when nothing else is in it.
    fn without_own(&self, line: &HeaderValue) -> Option<HeaderValue> {
        let Ok(text) = line.to_str() else {
            return Some(line.clone());
        };
        let is_other = |pair: &&str| pair.split('=').next().map(str::trim) != Some(&self.name);
        let others: Vec<&str> = text.split(';').filter(is_other).map(str::trim).collect();
        let others = others.join("; ");
        (!others.is_empty()).then_some(others)?.try_into().ok()
    }
}
