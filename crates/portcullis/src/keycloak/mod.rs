//! What Keycloak calls things: realms and roles.

mod realm;
mod roles;

pub use self::{realm::Realm, roles::Roles};
