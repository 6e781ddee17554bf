//! What an issuer can do, known at compile time.

use std::sync::Arc;

use crate::{
    ClientAuthentication, ConfigError, Uma,
    verify::{hybrid::Recheck, introspection::Introspector},
};

/// An issuer, or a builder of one, without client credentials: its JWTs are verified here, and
/// it cannot be asked.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct LocalOnly;

/// A builder that was given client credentials.
#[derive(Debug, Clone)]
pub struct WithCredentials {
    pub(super) client: Result<ClientAuthentication, ConfigError>,
}

/// An issuer that can be asked about a token.
#[derive(Debug, Clone)]
pub struct CanAsk {
    pub(super) introspector: Arc<Introspector>,
    /// The hybrid verifier asks about tokens that say nothing of their user.
    pub(super) completes_lightweight: bool,
    /// Tokens in use are asked about from time to time.
    pub(super) recheck: Option<Arc<Recheck>>,
    pub(super) uma: Uma,
}
