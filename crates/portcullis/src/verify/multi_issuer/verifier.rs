use std::{collections::HashMap, fmt, sync::Arc};

use super::{MultiIssuerBuilder, tenants::Tenants};
use crate::{
    Clock, Credentials, Freshness, Reason, Rejection, TokenVerifier, Verification,
    claims::Members as JsonMembers, jws::unverified_payload, verify::Shape,
};

/// Verifies tokens of several issuers, each in a way of its own.
///
/// A JWT goes to the issuer that its `iss` names, letter for letter, and to no other; that issuer's
/// verifier judges it as if it were alone. An opaque token says nothing of its issuer: it goes to
/// the one that the place it was found in names ([`Credentials::issuer`]), else to the one that
/// [`opaque_tokens_of`](MultiIssuerBuilder::opaque_tokens_of) declares, else it is refused. Nobody
/// is asked about a token of an issuer that is not configured, and never are two.
///
/// Issuers share nothing: neither keys nor answers, calls, nor what is known to be over.
///
/// ```
/// use portcullis::{AuthenticateLayer, Issuer, MultiIssuerVerifier, Realm};
///
/// let shop = Realm::new("https://id.example.com/realms/shop")?
///     .audience("orders-api")
///     .client_secret("orders-api", "secret")
///     .build()?;
/// let partner = Issuer::builder("https://login.partner.example")?.audience("orders-api").build()?;
/// let verifier = MultiIssuerVerifier::builder()
///     .hybrid(&shop)
///     .local(&partner)
///     .opaque_tokens_of("https://id.example.com/realms/shop")
///     .build()?;
/// let layer = AuthenticateLayer::new(verifier);
/// # Ok::<(), portcullis::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct MultiIssuerVerifier {
    pub(super) members: Arc<Members>,
    pub(super) opaque: Option<Arc<str>>,
    pub(super) tenants: Option<Tenants>,
    pub(super) clock: Arc<dyn Clock>,
}

/// The verifiers by their issuers.
pub(super) type Members = HashMap<Arc<str>, Arc<dyn TokenVerifier>>;

impl MultiIssuerVerifier {
    /// Begins to put issuers together.
    pub fn builder() -> MultiIssuerBuilder {
        MultiIssuerBuilder::new()
    }

    /// The verifier of the issuer that a token is to be from.
    fn select(&self, credentials: &Credentials) -> Result<Arc<dyn TokenVerifier>, Rejection> {
        let token = credentials.token.as_str();
        let named = credentials.issuer.as_deref();
        if Shape::of(token) == Shape::Jwt {
            let issuer = named_issuer(token).ok_or_else(|| {
                let diagnosis = "the token has no `iss` that could be read, so it belongs to none of the issuers";
                Rejection::because(Reason::MalformedClaims, diagnosis)
            })?;
            if named.is_some_and(|named| named != issuer) {
                let diagnosis = "the token names another issuer than the place it was found in";
                return Err(Rejection::because(Reason::WrongIssuer, diagnosis));
            }
            return self.find(&issuer);
        }
        let issuer = named.or(self.opaque.as_deref()).ok_or_else(|| {
            let diagnosis = "the token says nothing of its issuer, and neither does where it was found; name one there, or declare one by `opaque_tokens_of`";
            Rejection::because(Reason::UnsupportedToken, diagnosis)
        })?;
        self.find(issuer)
    }

    fn find(&self, issuer: &str) -> Result<Arc<dyn TokenVerifier>, Rejection> {
        let member = self.members.get(issuer).cloned();
        member
            .or_else(|| self.tenants.as_ref()?.find(issuer))
            .ok_or_else(|| {
                let diagnosis = "the token's issuer is none of those that are configured";
                Rejection::because(Reason::WrongIssuer, diagnosis)
            })
    }
}

/// What a JWT says of its issuer: not to be believed, but enough to know whom to believe.
fn named_issuer(token: &str) -> Option<String> {
    let payload = unverified_payload(token)?;
    let members = JsonMembers::parse(&payload).ok()?;
    serde_json::from_str(members.get("iss")?.get()).ok()
}

impl TokenVerifier for MultiIssuerVerifier {
    fn verify(&self, credentials: &Credentials, freshness: Freshness) -> Verification {
        match self.select(credentials) {
            Ok(verifier) => verifier.verify(credentials, freshness),
            Err(rejection) => Verification::now(Err(rejection)),
        }
    }

    /// Whether any of the issuers can be asked.
    fn can_ask(&self) -> bool {
        self.tenants.is_some() || self.members.values().any(TokenVerifier::can_ask)
    }

    fn can_ask_about(&self, credentials: &Credentials) -> bool {
        self.select(credentials)
            .is_ok_and(|verifier| verifier.can_ask_about(credentials))
    }

    fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    /// Only where all of the issuers do. What [`tenants`](MultiIssuerBuilder::tenants) are yet to come is
    /// not known, so with them it is never done.
    fn exposes_diagnosis(&self) -> bool {
        self.tenants.is_none() && self.members.values().all(TokenVerifier::exposes_diagnosis)
    }
}

impl fmt::Debug for MultiIssuerVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MultiIssuerVerifier")
            .field("issuers", &self.members.keys())
            .field("opaque", &self.opaque)
            .field("has_tenants", &self.tenants.is_some())
            .finish()
    }
}
