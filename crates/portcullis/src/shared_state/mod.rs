//! What the instances of one service share, over a store that they need not trust: it sees sealed bytes
//! and can lie only by forgetting.

mod keys;
mod seal;
mod store;

pub(crate) use self::seal::{FactsSeal, Purpose, lease};
pub use self::{
    keys::StateKeys,
    seal::{EntrySeal, SealError},
    store::{SharedStore, StoreError, StoreFuture, StoreKey},
};
