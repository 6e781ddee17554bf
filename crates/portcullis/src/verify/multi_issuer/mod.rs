//! Several issuers, each verified in its own way. What a token says of its issuer selects one among
//! those that are configured, and nothing else.

mod builder;
mod tenants;
mod verifier;

pub use self::{builder::MultiIssuerBuilder, verifier::MultiIssuerVerifier};
