//! What the server offers and insists on, as a test has set it.

use std::time::Duration;

use crate::clients::AuthenticationMethod;

#[derive(Debug)]
pub(crate) struct Policy {
    pub(crate) methods: Vec<AuthenticationMethod>,
    /// Whether the URL of an endpoint is an audience of assertions.
    pub(crate) endpoint_audiences: bool,
    /// The scope of access tokens that may introspect.
    pub(crate) introspection_scope: Option<String>,
    pub(crate) signed_introspection: bool,
    /// How long the JWK set may be kept, if it can be revalidated at all.
    pub(crate) jwks_max_age: Option<Duration>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            methods: AuthenticationMethod::ALL.to_vec(),
            endpoint_audiences: false,
            introspection_scope: None,
            signed_introspection: false,
            jwks_max_age: None,
        }
    }
}
