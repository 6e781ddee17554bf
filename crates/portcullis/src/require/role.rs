use std::{any::Any, fmt};

use tower_layer::Layer;

use super::{Require, Requirement};
use crate::{Reason, Rejection, Timestamp, TokenFacts, keycloak::Roles};

/// Requires a Keycloak role: a guard for a route, and a requirement for a handler. Without it:
/// 403.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct RequireRole {
    role: Role,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Role {
    Realm(String),
    Client { client: String, role: String },
}

impl RequireRole {
    /// A role of the realm (`realm_access.roles`).
    pub fn realm(role: impl Into<String>) -> Self {
        Self {
            role: Role::Realm(role.into()),
        }
    }

    /// A role of one client (`resource_access.<client>.roles`). The same role of another client
    /// does not count.
    pub fn client(client: impl Into<String>, role: impl Into<String>) -> Self {
        Self {
            role: Role::Client {
                client: client.into(),
                role: role.into(),
            },
        }
    }
}

impl Requirement for RequireRole {
    fn judge(&self, facts: &TokenFacts, _: Timestamp) -> Result<(), Rejection> {
        let roles = Roles::of(facts);
        let is_granted = match &self.role {
            Role::Realm(role) => roles.has_realm_role(role),
            Role::Client { client, role } => roles.has_client_role(client, role),
        };
        if is_granted {
            return Ok(());
        }
        let diagnosis = format!("the route needs the {}", self.role);
        Err(Rejection::because(Reason::MissingRole, diagnosis))
    }

    fn is_same_as(&self, other: &dyn Requirement) -> bool {
        (other as &dyn Any).downcast_ref() == Some(self)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Realm(role) => write!(f, "realm role `{role}`"),
            Self::Client { client, role } => write!(f, "role `{role}` of the client `{client}`"),
        }
    }
}

impl<S> Layer<S> for RequireRole {
    type Service = Require<S>;

    fn layer(&self, inner: S) -> Require<S> {
        Require::new(inner, self.clone())
    }
}
