//! Asking the authorization server about a token (RFC 7662).

mod asking;
mod call;
mod digest;
mod endpoint;
mod flight;
mod health;
mod introspector;
mod lanes;
mod limits;
mod memory;
mod observed;
mod reply;
mod verifier;

pub use self::verifier::IntrospectionVerifier;
pub(crate) use self::{
    endpoint::IntrospectionEndpoint,
    introspector::Introspector,
    limits::IntrospectionLimits,
    reply::{KindPolicy, ReplyFormat, ReplyReader, SignedReplies},
};
