use http::HeaderValue;

use super::{Rejection, reason::Answer};
use crate::ConfigError;

/// The `realm` of the challenges (RFC 9110 §11.5): the name a client may show for what it is
/// asked to log in to.
#[derive(Debug, Clone)]
pub struct ProtectionSpace {
    quoted: Box<str>,
}

impl Default for ProtectionSpace {
    fn default() -> Self {
        Self {
            quoted: quoted_string("api").into(),
        }
    }
}

impl ProtectionSpace {
    /// A protection space of this name.
    ///
    /// # Errors
    /// When the name has a character that cannot stand in a header: a control character or one
    /// outside ASCII.
    pub fn new(name: &str) -> Result<Self, ConfigError> {
        if name.is_empty() || !name.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            return Err(ConfigError::new(
                "realm",
                "the name of a protection space is sent in a header",
                "use printable ASCII characters, at least one",
            ));
        }
        Ok(Self {
            quoted: quoted_string(name).into(),
        })
    }

    /// The `WWW-Authenticate` value for a rejection, or `None` where a new token would not help
    /// (500, 503).
    pub(crate) fn challenge(&self, rejection: &Rejection) -> Option<HeaderValue> {
        let error = error_code(rejection)?;
        let mut challenge = format!("Bearer realm={}", self.quoted);
        if let Some(error) = error {
            challenge.push_str(", error=\"");
            challenge.push_str(error);
            challenge.push_str("\", error_description=\"");
            challenge.push_str(rejection.description());
            challenge.push('"');
        }
        if let Some(scope) = rejection.scope() {
            challenge.push_str(", scope=\"");
            challenge.push_str(scope);
            challenge.push('"');
        }
        HeaderValue::try_from(challenge).ok()
    }
}

/// The `error` of RFC 6750 §3.1: `None` when there is no challenge at all, `Some(None)` when the
/// request presented nothing and the challenge therefore names no error.
fn error_code(rejection: &Rejection) -> Option<Option<&'static str>> {
    match rejection.reason().answer() {
        Answer::Unauthenticated => Some(None),
        Answer::InvalidRequest => Some(Some("invalid_request")),
        Answer::InvalidToken => Some(Some("invalid_token")),
        Answer::InsufficientScope => Some(Some("insufficient_scope")),
        Answer::Unavailable | Answer::Misconfigured => None,
    }
}

fn quoted_string(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}
