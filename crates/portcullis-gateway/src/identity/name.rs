use http::HeaderName;
use serde::Deserialize;

/// The name of a header that the gateway may own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct IdentityHeaderName {
    name: HeaderName,
}

/// A name cannot be that of an identity header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} cannot be an identity header: {problem}")]
pub struct NameError {
    name: String,
    problem: &'static str,
}

/// What gateways, servers and frameworks act on: whoever owned these would own more than an identity.
const TAKEN: &[&str] = &[
    "x-accel-",
    "x-client-",
    "x-envoy-",
    "x-forwarded",
    "x-http-method",
    "x-method-",
    "x-original-",
    "x-real-ip",
    "x-request-",
    "x-rewrite-",
    "x-sendfile",
];

impl IdentityHeaderName {
    /// Begins with `X-`, and goes on with letters, digits and single hyphens.
    ///
    /// # Errors
    /// When it does not, or when the header means something else already.
    pub fn new(name: impl Into<String>) -> Result<Self, NameError> {
        let name = name.into();
        let lower = name.to_ascii_lowercase();
        let problem = if name.contains('_') {
            Some("write `-` for `_`: many upstreams take the one for the other")
        } else if !lower.starts_with("x-") {
            Some("begin it with `X-`, which no standard header does")
        } else if !lower.split('-').all(is_word) {
            Some("write letters and digits, with single hyphens in between")
        } else if TAKEN.iter().any(|taken| lower.starts_with(taken)) {
            Some(
                "gateways and servers act on headers of this name: choose another, such as `X-Auth-Subject`",
            )
        } else {
            None
        };
        match (problem, HeaderName::try_from(lower)) {
            (None, Ok(name)) => Ok(Self { name }),
            (problem, _) => Err(NameError {
                name,
                problem: problem.unwrap_or("it is no name of a header"),
            }),
        }
    }

    pub(super) fn into_inner(self) -> HeaderName {
        self.name
    }
}

fn is_word(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

impl TryFrom<String> for IdentityHeaderName {
    type Error = NameError;

    fn try_from(name: String) -> Result<Self, NameError> {
        Self::new(name)
    }
}
