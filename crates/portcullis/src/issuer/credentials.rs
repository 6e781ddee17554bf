//! What an issuer is told of who asks it.

use super::{IssuerBuilder, WithCredentials};
use crate::{ClientAuthentication, ClientKey, ConfigError};

/// Credentials are given once: afterwards there is no method to give others.
///
/// ```
/// # fn example(builder: portcullis::IssuerBuilder) {
/// builder.client_secret("orders-api", "hush").build();
/// # }
/// ```
///
/// ```compile_fail,E0599
/// # fn example(builder: portcullis::IssuerBuilder) {
/// builder.client_secret("orders-api", "hush").client_secret_post("orders-api", "hush").build();
/// # }
/// ```
impl IssuerBuilder {
    /// The credentials that introspection asks for, sent by the method that the issuer publishes
    /// ([`ClientAuthentication::client_secret`]), as `client_secret_basic` where it publishes none
    /// or the endpoint is named (RFC 6749 §2.3.1, RFC 8414 §2). A mistake in them is reported by
    /// `build`.
    pub fn client_secret(
        self,
        client_id: impl Into<String>,
        secret: impl Into<String>,
    ) -> IssuerBuilder<WithCredentials> {
        self.authenticated(ClientAuthentication::client_secret(client_id, secret))
    }

    /// The credentials that introspection asks for, sent in the body (`client_secret_post`). A
    /// mistake in them is reported by `build`.
    pub fn client_secret_post(
        self,
        client_id: impl Into<String>,
        secret: impl Into<String>,
    ) -> IssuerBuilder<WithCredentials> {
        self.authenticated(ClientAuthentication::client_secret_post(client_id, secret))
    }

    /// The key that introspection requests are authenticated with (`private_key_jwt`, RFC 7523).
    /// A mistake in the id is reported by `build`.
    pub fn private_key_jwt(
        self,
        client_id: impl Into<String>,
        key: ClientKey,
    ) -> IssuerBuilder<WithCredentials> {
        self.authenticated(ClientAuthentication::private_key_jwt(client_id, key))
    }

    /// The certificate that introspection requests are authenticated with (`tls_client_auth`,
    /// `self_signed_tls_client_auth`, RFC 8705 §2). It is presented at whatever endpoint of this
    /// issuer asks for one, and nowhere else. A mistake in the id is reported by `build`, and so
    /// is an HTTP client of your own beside it.
    ///
    /// Whose certificates the *server* may have is another setting: those of the operating
    /// system's authorities, or of a private one by [`root_certificate`](Self::root_certificate).
    #[cfg(feature = "reqwest")]
    pub fn client_certificate(
        self,
        client_id: impl Into<String>,
        certificate: crate::ClientCertificate,
    ) -> IssuerBuilder<WithCredentials> {
        self.with(|settings| settings.client_certificate = Some(certificate))
            .authenticated(ClientAuthentication::tls_client_auth(client_id))
    }

    /// The credentials that introspection asks for, in a form of your own choice.
    pub fn client_authentication(
        self,
        client: ClientAuthentication,
    ) -> IssuerBuilder<WithCredentials> {
        self.authenticated(Ok(client))
    }

    fn authenticated(
        self,
        client: Result<ClientAuthentication, ConfigError>,
    ) -> IssuerBuilder<WithCredentials> {
        IssuerBuilder {
            settings: self.settings,
            asking: WithCredentials { client },
        }
    }
}
