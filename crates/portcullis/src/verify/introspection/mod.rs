//! Asking the authorization server about a token (RFC 7662).

mod call;
mod client_authentication;
mod digest;
mod endpoint;
mod flight;
mod lanes;
mod memory;
mod probe;
mod reply;
mod verifier;

pub use self::{
    client_authentication::{BasicEncoding, ClientAuthentication},
    verifier::IntrospectionVerifier,
};
pub(crate) use self::{
    endpoint::IntrospectionEndpoint,
    verifier::{IntrospectionLimits, Introspector},
};
