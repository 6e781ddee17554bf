//! What an issuer says of a token: the statement itself, the claims everybody needs, and the
//! handler's own types.

mod actor;
mod audience;
mod authorities;
mod claim_text;
mod claim_value;
mod claims_reader;
mod claims_set;
mod dialect;
mod facts;
mod json;
mod permission;
mod principal;
mod registered;
mod registered_claim;
mod scope;
#[cfg(feature = "status-list")]
mod status;
mod terms;
mod typed;
mod weight;

#[cfg(feature = "status-list")]
pub(crate) use self::status::TokenStatus;
pub use self::{
    actor::Actor,
    audience::Audience,
    authorities::{Authorities, AuthorityMap},
    claim_text::ClaimText,
    facts::{MalformedFacts, TokenFacts, VerifiedBy},
    permission::Permission,
    principal::Principal,
    registered::RegisteredClaims,
    scope::Scope,
    typed::ClaimsDoNotFit,
};
pub(crate) use self::{
    claims_set::ClaimsSet,
    dialect::Dialect,
    json::{JsonError, Members},
    permission::Permissions,
    registered::ClaimError,
    terms::{Terms, Validity},
};
