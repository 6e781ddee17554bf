use std::any::Any;

use tower_layer::Layer;

use super::{Require, Requirement};
use crate::{Reason, Rejection, Timestamp, TokenFacts};

/// Requires authorities, wherever they come from (see [`AuthorityMap`](crate::AuthorityMap)): a
/// guard for a route, and a requirement for a handler. Without them: 403.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct RequireAuthority {
    names: Vec<String>,
    needs_all: bool,
}

impl RequireAuthority {
    /// All of these; of none, none will do.
    pub fn all<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        Self {
            names: names.into_iter().map(Into::into).collect(),
            needs_all: true,
        }
    }

    /// One of these at least; of none, none will do.
    pub fn any<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        Self {
            names: names.into_iter().map(Into::into).collect(),
            needs_all: false,
        }
    }
}

impl Requirement for RequireAuthority {
    fn judge(&self, facts: &TokenFacts, _: Timestamp) -> Result<(), Rejection> {
        let granted = facts.authorities();
        let mut names = self.names.iter();
        let is_met = if self.needs_all {
            !self.names.is_empty() && names.all(|name| granted.contains(name))
        } else {
            names.any(|name| granted.contains(name))
        };
        if is_met {
            return Ok(());
        }
        let how = if self.needs_all { "all" } else { "one" };
        let diagnosis = format!("the route needs {how} of the authorities {:?}", self.names);
        Err(Rejection::because(Reason::MissingAuthority, diagnosis))
    }

    fn is_same_as(&self, other: &dyn Requirement) -> bool {
        (other as &dyn Any).downcast_ref() == Some(self)
    }
}

impl<S> Layer<S> for RequireAuthority {
    type Service = Require<S>;

    fn layer(&self, inner: S) -> Require<S> {
        Require::new(inner, self.clone())
    }
}
