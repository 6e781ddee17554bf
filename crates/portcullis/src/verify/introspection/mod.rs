//! Asking the authorization server about a token (RFC 7662).

mod call;
mod digest;
mod endpoint;
mod flight;
mod health;
mod introspector;
mod lanes;
mod memory;
mod observed;
mod reply;
mod verifier;

pub use self::verifier::IntrospectionVerifier;
pub(crate) use self::{
    endpoint::IntrospectionEndpoint,
    introspector::{IntrospectionLimits, Introspector},
    reply::{KindPolicy, ReplyFormat, ReplyReader, SignedReplies},
};
