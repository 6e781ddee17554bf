//! How a client shows who it is.

use std::fmt;

/// A client authentication method by its registered name, RFC 8414 section 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthenticationMethod {
    /// The secret in the `Authorization` header, RFC 6749 section 2.3.1.
    ClientSecretBasic,
    /// The secret in the form, RFC 6749 section 2.3.1.
    ClientSecretPost,
    /// An assertion under an HMAC over the secret, RFC 7523.
    ClientSecretJwt,
    /// An assertion signed with a key of the client, RFC 7523.
    PrivateKeyJwt,
    /// A certificate in mutual TLS, RFC 8705 section 2.1. Only a server with TLS offers it.
    TlsClientAuth,
}

impl AuthenticationMethod {
    /// All that the server can do.
    pub const ALL: [Self; 5] = [
        Self::ClientSecretBasic,
        Self::ClientSecretPost,
        Self::ClientSecretJwt,
        Self::PrivateKeyJwt,
        Self::TlsClientAuth,
    ];

    /// The name, for example `private_key_jwt`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::TlsClientAuth => "tls_client_auth",
        }
    }
}

impl fmt::Display for AuthenticationMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
