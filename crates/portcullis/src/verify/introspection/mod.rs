//! Asking the authorization server about a token (RFC 7662).

mod asking;
mod call;
mod digest;
mod endpoint;
mod flight;
mod health;
mod in_flight;
mod inquiry;
mod introspector;
mod lanes;
mod limits;
mod memory;
mod observed;
mod reply;
mod shared;
mod sharing;
mod suspicions;
mod verifier;

pub use self::verifier::IntrospectionVerifier;
pub(crate) use self::{
    digest::{DigestSpace, TokenDigest},
    endpoint::IntrospectionEndpoint,
    flight::{Flights, Joins},
    in_flight::InFlight,
    introspector::Introspector,
    limits::IntrospectionLimits,
    memory::{Known, Memory},
    reply::{KindPolicy, ReplyFormat, ReplyReader, SignedReplies},
    suspicions::HeldAgainst,
};
