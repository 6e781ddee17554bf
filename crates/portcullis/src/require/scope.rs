use std::{any::Any, ptr};

use tower_layer::Layer;

use super::{Require, RequiredScopes, Requirement};
use crate::{ConfigError, Reason, Rejection, Timestamp, TokenFacts, claims::Scope};

/// Requires scopes: a guard for a route, and a requirement for a handler. Without them: 403
/// `insufficient_scope`, naming what the route needs (RFC 6750 §3.1).
#[derive(Debug, Clone)]
#[must_use]
pub struct RequireScope {
    needed: Scope,
    suffices: fn(&Scope, &Scope) -> bool,
}

impl RequireScope {
    /// All of these scopes.
    ///
    /// # Errors
    /// When there is none, or one of them is not a scope name, see [`Scope::of`].
    pub fn all<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> Result<Self, ConfigError> {
        Ok(Self {
            needed: Scope::of(names)?,
            suffices: |granted, needed| needed.iter().all(|name| granted.contains(name)),
        })
    }

    /// One of these scopes at least. The challenge names all of them, as any will do.
    ///
    /// # Errors
    /// As for [`all`](Self::all).
    pub fn any<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> Result<Self, ConfigError> {
        Ok(Self {
            needed: Scope::of(names)?,
            suffices: |granted, needed| needed.iter().any(|name| granted.contains(name)),
        })
    }

    /// The scopes of a type, see [`scope!`](crate::scope).
    pub fn of<S: RequiredScopes>() -> Self {
        let mut names = Vec::new();
        S::name(&mut names);
        Self {
            needed: Scope::parse(names.join(" ")),
            suffices: |granted, _| S::are_met_by(granted),
        }
    }
}

/// The same names, held against those granted in the same way.
impl PartialEq for RequireScope {
    fn eq(&self, other: &Self) -> bool {
        self.needed.as_str() == other.needed.as_str()
            && ptr::fn_addr_eq(self.suffices, other.suffices)
    }
}

impl Requirement for RequireScope {
    fn judge(&self, facts: &TokenFacts, _: Timestamp) -> Result<(), Rejection> {
        if (self.suffices)(&facts.registered().scope, &self.needed) {
            return Ok(());
        }
        let needed = self.needed.as_str();
        let diagnosis = format!("the route needs the scopes `{needed}`");
        Err(Rejection::because(Reason::MissingScope, diagnosis).with_scope(&self.needed))
    }

    fn is_same_as(&self, other: &dyn Requirement) -> bool {
        (other as &dyn Any).downcast_ref() == Some(self)
    }
}

impl<S> Layer<S> for RequireScope {
    type Service = Require<S>;

    fn layer(&self, inner: S) -> Require<S> {
        Require::new(inner, self.clone())
    }
}
