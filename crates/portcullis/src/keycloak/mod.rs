//! What Keycloak calls things, and what it does that no standard knows: realms, roles, cut-offs.

mod canary;
mod not_before;
mod realm;
mod roles;

pub(crate) use self::{
    canary::Canary,
    not_before::{CutOffPoll, MessageRules},
};
pub use self::{not_before::NotBeforeReceiver, realm::Realm, roles::Roles};
