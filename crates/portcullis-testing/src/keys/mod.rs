//! Keys: what signs the tokens, and what is published of it.

mod algorithm;
mod key_ring;
mod material;
mod rsa_pool;
mod signing_key;

pub use self::{
    algorithm::SigningAlgorithm,
    signing_key::{KeyUse, SigningKey},
};
pub(crate) use self::{key_ring::KeyRing, signing_key::signing_input};
