//! Verification of a JWT, here and without a call: strict header, allow-list, claims that need
//! no key, then the key and the signature.

mod compact;
mod header;
mod profile;
mod verifier;

pub(crate) use self::verifier::Rules;
pub(super) use self::{compact::Compact, header::JoseHeader};
pub use self::{profile::AccessTokenProfile, verifier::JwtVerifier};
