//! TLS: the server's certificate authority, and mutual TLS with the clients it knows.

#[cfg(not(feature = "tls"))]
mod absent;
#[cfg(feature = "tls")]
mod authority;
#[cfg(feature = "tls")]
mod client_certificate;

#[cfg(not(feature = "tls"))]
pub(crate) use self::absent::Authority;
#[cfg(feature = "tls")]
pub(crate) use self::authority::Authority;
#[cfg(feature = "tls")]
pub use self::client_certificate::ClientCertificate;
