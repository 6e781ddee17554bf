use tower_layer::Layer;

use super::{Require, Requirement};
use crate::{ConfigError, Reason, Rejection, Timestamp, TokenFacts, claims::Scope};

/// Requires scopes: a guard for a route, and a requirement for a handler. Without them: 403
/// `insufficient_scope`, naming what the route needs (RFC 6750 §3.1).
#[derive(Debug, Clone)]
#[must_use]
pub struct RequireScope {
    needed: Scope,
}

impl RequireScope {
    /// All of these scopes.
    ///
    /// # Errors
    /// When there is none, or one of them is not a scope name, see [`Scope::of`].
    pub fn all<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> Result<Self, ConfigError> {
        let needed = Scope::of(names)?;
        Ok(Self { needed })
    }
}

impl Requirement for RequireScope {
    fn judge(&self, facts: &TokenFacts, _: Timestamp) -> Result<(), Rejection> {
        let granted = &facts.registered().scope;
        if self.needed.iter().all(|name| granted.contains(name)) {
            return Ok(());
        }
        let needed = self.needed.as_str();
        let diagnosis = format!("the route needs the scopes `{needed}`");
        Err(Rejection::because(Reason::MissingScope, diagnosis).with_scope(&self.needed))
    }
}

impl<S> Layer<S> for RequireScope {
    type Service = Require<S>;

    fn layer(&self, inner: S) -> Require<S> {
        Require::new(inner, self.clone())
    }
}
