//! What the instances of one service share, over a store that they need not trust: it sees sealed bytes
//! and can lie only by forgetting.

mod keys;
mod seal;
mod store;

pub use self::{
    keys::StateKeys,
    seal::{EntrySeal, SealError},
    store::{SharedStore, StoreError, StoreFuture, StoreKey},
};
pub(crate) use self::{
    keys::nonce_keys,
    seal::{FactsSeal, Purpose, lease, proof_names},
};
