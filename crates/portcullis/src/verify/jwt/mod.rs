//! Verification of a JWT, here and without a call: strict header, allow-list, claims that need
//! no key, then the key and the signature.

mod attestation;
mod profile;
mod recall;
mod token_shelf;
mod token_table;
mod token_tag;
mod verified_tokens;
mod verifier;

pub use self::{profile::AccessTokenProfile, verifier::JwtVerifier};
pub(crate) use self::{
    recall::{Memory, Recall, Recalled},
    verifier::Rules,
};
