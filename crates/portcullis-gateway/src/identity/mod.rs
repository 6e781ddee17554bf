//! What the upstream is told of the caller, and in which headers.

mod encoding;
mod name;
mod source;

use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use portcullis::{Reason, Rejection, TokenFacts};

pub use self::{
    name::{IdentityHeaderName, NameError},
    source::{Source, SourceError},
};

/// The headers that tell an upstream who the caller is. They belong to the gateway: whatever a client
/// sends under one of these names is overwritten, also with nothing.
#[derive(Debug, Clone)]
pub struct IdentityHeaders {
    headers: Arc<[(HeaderName, Source)]>,
}

/// Two headers have one name, or are spelled like one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the header {name} stands twice in `identity`: names of headers are the same in any case")]
pub struct NamedTwice {
    name: HeaderName,
}

impl IdentityHeaders {
    /// The longest value, in bytes: gateways have room for a few of these.
    pub const MAX_LENGTH: usize = 4 * 1024;

    /// The longest that all of them may be, names and values, in bytes: what is printed for nginx has room
    /// for them beside a token (`proxy_buffer_size`).
    pub const MAX_TOTAL: usize = 12 * 1024;

    /// Headers and what goes into each.
    ///
    /// # Errors
    /// When two have one name.
    pub fn new(
        headers: impl IntoIterator<Item = (IdentityHeaderName, Source)>,
    ) -> Result<Self, NamedTwice> {
        let mut named: Vec<(HeaderName, Source)> = Vec::new();
        for (name, source) in headers {
            let name = name.into_inner();
            if named.iter().any(|(other, _)| *other == name) {
                return Err(NamedTwice { name });
            }
            named.push((name, source));
        }
        Ok(Self {
            headers: named.into(),
        })
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &HeaderName> {
        self.headers.iter().map(|(name, _)| name)
    }

    /// What a token says for each of them, in characters that mean nothing in a header; empty where it
    /// says nothing.
    ///
    /// # Errors
    /// [`Reason::ClaimsDoNotFit`] (403) when a claim is no text, number, truth value or list of those,
    /// or longer than [`MAX_LENGTH`](Self::MAX_LENGTH), or all of them are longer than
    /// [`MAX_TOTAL`](Self::MAX_TOTAL): half of an identity is none.
    pub fn values(&self, facts: &TokenFacts) -> Result<Vec<(HeaderName, HeaderValue)>, Rejection> {
        let mut total = 0;
        let value = |(name, source): &(HeaderName, Source)| {
            let text = source.read(facts)?;
            if text.len() > Self::MAX_LENGTH {
                return Err(does_not_fit(name, "is too long for a header"));
            }
            total += name.as_str().len() + text.len();
            if total > Self::MAX_TOTAL {
                let problem = "is too long beside what the headers before it say";
                return Err(does_not_fit(name, problem));
            }
            HeaderValue::try_from(text)
                .map(|value| (name.clone(), value))
                .map_err(|_| does_not_fit(name, "cannot stand in a header"))
        };
        self.headers.iter().map(value).collect()
    }
}

fn does_not_fit(name: &HeaderName, problem: &str) -> Rejection {
    let diagnosis = format!("what the token says for the identity header `{name}` {problem}");
    Rejection::because(Reason::ClaimsDoNotFit, diagnosis)
}

/// `X-Auth-Subject`, `X-Auth-Client` and `X-Auth-Scopes`.
impl Default for IdentityHeaders {
    fn default() -> Self {
        let headers = [
            (HeaderName::from_static("x-auth-subject"), Source::Subject),
            (HeaderName::from_static("x-auth-client"), Source::Client),
            (HeaderName::from_static("x-auth-scopes"), Source::Scopes),
        ];
        Self {
            headers: Arc::new(headers),
        }
    }
}

#[cfg(test)]
mod tests;
