use http::HeaderValue;

use super::{Rejection, answer::Answer};
use crate::{ConfigError, Scheme};

/// The `realm` of the challenges (RFC 9110 §11.5): the name a client may show for what it is
/// asked to log in to.
#[derive(Debug, Clone)]
pub struct ProtectionSpace {
    quoted: Box<str>,
    /// The algorithms of proofs, where they are judged.
    dpop_algorithms: Option<Box<str>>,
    /// The address of the resource's metadata.
    resource_metadata: Option<Box<str>>,
}

impl Default for ProtectionSpace {
    fn default() -> Self {
        Self {
            quoted: quoted_string("api").into(),
            dpop_algorithms: None,
            resource_metadata: None,
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
            dpop_algorithms: None,
            resource_metadata: None,
        })
    }

    /// The same where tokens are taken under the scheme `DPoP` too, with proofs by these
    /// algorithms (RFC 9449 §7.1).
    pub(crate) fn with_dpop(mut self, algorithms: impl Iterator<Item = &'static str>) -> Self {
        let algorithms = algorithms.collect::<Vec<_>>().join(" ");
        self.dpop_algorithms = Some(quoted_string(&algorithms).into());
        self
    }

    /// The same, naming the address of the resource's metadata (RFC 9728 §5.1).
    pub(crate) fn with_resource_metadata(mut self, address: &str) -> Self {
        self.resource_metadata = Some(quoted_string(address).into());
        self
    }

    /// The same under another name.
    pub(crate) fn named(self, name: &str) -> Result<Self, ConfigError> {
        let quoted = Self::new(name)?.quoted;
        Ok(Self { quoted, ..self })
    }

    /// The `WWW-Authenticate` values for a rejection, one for each scheme; none where a new token
    /// would not help (500, 503). The error stands with the scheme that was tried.
    pub(crate) fn challenges(
        &self,
        rejection: &Rejection,
        presented: Option<Scheme>,
    ) -> impl Iterator<Item = HeaderValue> {
        // A ticket is a challenge of its own, and the only one (UMA 2.0 Grant §3.2.1).
        let ticket = rejection.ticket().map(|ticket| {
            let challenge = format!("UMA realm={}{ticket}", self.quoted);
            HeaderValue::try_from(challenge).ok()
        });
        let error = error_code(rejection).filter(|_| ticket.is_none());
        let tried = rejection.scheme().or(presented).unwrap_or(Scheme::Bearer);
        // Two sets of credentials are wrong under either scheme (RFC 9449 §7.2).
        let is_about_all = rejection.reason().answer() == Answer::InvalidRequest;
        let schemes = [
            Some(Scheme::Bearer),
            self.dpop_algorithms.as_ref().map(|_| Scheme::Dpop),
        ];
        schemes
            .into_iter()
            .flatten()
            .filter(move |_| error.is_some())
            .filter_map(move |scheme| {
                let error = error.flatten().filter(|_| is_about_all || scheme == tried);
                HeaderValue::try_from(self.challenge(scheme, error, rejection)).ok()
            })
            .chain(ticket.flatten())
    }

    fn challenge(&self, scheme: Scheme, error: Option<&str>, rejection: &Rejection) -> String {
        let mut challenge = format!("{} realm={}", scheme.name(), self.quoted);
        if let Some(error) = error {
            challenge.push_str(", error=\"");
            challenge.push_str(error);
            challenge.push_str("\", error_description=\"");
            challenge.push_str(rejection.description());
            challenge.push('"');
            challenge.push_str(rejection.parameters());
        }
        if let Some(metadata) = &self.resource_metadata {
            challenge.push_str(", resource_metadata=");
            challenge.push_str(metadata);
        }
        if let (Scheme::Dpop, Some(algorithms)) = (scheme, &self.dpop_algorithms) {
            challenge.push_str(", algs=");
            challenge.push_str(algorithms);
        }
        challenge
    }
}

/// The `error` of RFC 6750 §3.1: `None` when there is no challenge at all, `Some(None)` when the
/// request presented nothing and the challenge therefore names no error.
fn error_code(rejection: &Rejection) -> Option<Option<&'static str>> {
    match rejection.reason().answer() {
        Answer::Unauthenticated => Some(None),
        Answer::InvalidRequest => Some(Some("invalid_request")),
        Answer::InvalidToken => Some(Some("invalid_token")),
        Answer::InvalidProof => Some(Some("invalid_dpop_proof")),
        Answer::NeedsNonce => Some(Some("use_dpop_nonce")),
        Answer::InsufficientAuthentication => Some(Some("insufficient_user_authentication")),
        Answer::InsufficientScope | Answer::NeedsPermission => Some(Some("insufficient_scope")),
        Answer::Unavailable | Answer::Misconfigured => None,
    }
}

/// A `quoted-string` (RFC 9110 §5.6.4).
pub(super) fn quoted_string(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}
