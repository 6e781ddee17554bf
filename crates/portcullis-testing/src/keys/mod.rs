//! Keys: what signs the tokens, and what is published of it.

mod algorithm;
mod key_ring;
mod material;
pub(crate) mod pem;
mod private_jwk;
mod rsa_pool;
mod signing_key;
mod verification_key;

pub(crate) use self::{
    algorithm::Family,
    key_ring::KeyRing,
    signing_key::signing_input,
    verification_key::{VerificationKey, verifies_hmac},
};
pub use self::{
    algorithm::SigningAlgorithm,
    signing_key::{KeyUse, SigningKey},
};
