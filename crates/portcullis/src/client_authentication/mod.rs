//! How we prove to the authorization server who we are.

mod assertion;
mod attempt;
mod bearer;
mod client_request;
mod key;
mod mutual_tls;
mod request;
mod secret;

#[cfg(test)]
mod tests;

use std::fmt;

use self::{assertion::AssertionForm, key::PrivateKey, secret::Secret};
pub use self::{
    assertion::{AssertionAudience, AssertionType},
    bearer::{BearerFuture, BearerSource, BearerUnavailable},
    client_request::ClientRequest,
    key::ClientKey,
    request::{ClientAuthenticationError, ClientEndpoint},
    secret::BasicEncoding,
};
pub(crate) use self::{
    attempt::{Attempt, AuthenticationError, Occasion},
    bearer::Bearer,
};
use crate::{ConfigError, discovery::Connection};

/// How we prove to the authorization server who we are (RFC 6749 §2.3, RFC 7523, RFC 8705, RFC
/// 7662 §2.1). Its Debug shows the client id and never what proves it.
#[derive(Clone)]
pub struct ClientAuthentication {
    client_id: String,
    method: Method,
    encoding: BasicEncoding,
    assertion: AssertionForm,
}

#[derive(Clone)]
enum Method {
    Secret(Secret),
    PrivateKey(PrivateKey),
    MutualTls,
    Bearer(Bearer),
}

impl ClientAuthentication {
    /// Who we are; empty where a bearer token alone says so.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    fn new(client_id: String, method: Method) -> Result<Self, ConfigError> {
        if client_id.is_empty() || client_id.chars().any(char::is_control) {
            return Err(ConfigError::new(
                "client_id",
                "it is empty or has a control character",
                "use the client's id as the authorization server shows it",
            ));
        }
        Ok(Self::unnamed(client_id, method))
    }

    fn unnamed(client_id: String, method: Method) -> Self {
        Self {
            client_id,
            method,
            encoding: BasicEncoding::default(),
            assertion: AssertionForm::default(),
        }
    }

    /// What can only be judged once everything has been said.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        match &self.method {
            Method::Secret(secret) => secret.check(&self.client_id, self.encoding),
            Method::PrivateKey(_) | Method::MutualTls | Method::Bearer(_) => Ok(()),
        }
    }

    /// How the server has to be connected to.
    pub(crate) fn connection(&self) -> Connection {
        match self.method {
            Method::MutualTls => Connection::MutualTls,
            Method::Secret(_) | Method::PrivateKey(_) | Method::Bearer(_) => Connection::Plain,
        }
    }

    /// What one attempt puts into its request. Made anew for each: what may be used once is in
    /// one attempt only.
    pub(crate) async fn attempt(
        &self,
        occasion: &Occasion<'_>,
    ) -> Result<Attempt, AuthenticationError> {
        match &self.method {
            Method::Secret(secret) => secret.attempt(self, occasion),
            Method::PrivateKey(key) => key.attempt(self, occasion),
            Method::MutualTls => Ok(mutual_tls::attempt(&self.client_id)),
            Method::Bearer(bearer) => bearer.attempt_to("introspect with").await,
        }
    }
}

impl fmt::Debug for ClientAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = match &self.method {
            Method::Secret(secret) => secret.method_name(),
            Method::PrivateKey(_) => "private_key_jwt",
            Method::MutualTls => "tls_client_auth",
            Method::Bearer(_) => "bearer",
        };
        f.debug_struct("ClientAuthentication")
            .field("client_id", &self.client_id)
            .field("method", &method)
            .finish_non_exhaustive()
    }
}
