use std::any::Any;

use tower_layer::Layer;

use super::{Require, Requirement};
use crate::{Confirmation, Reason, Rejection, Scheme, Timestamp, TokenFacts};

/// Requires a token that is of use only to whoever holds a key: a guard for a route, and a
/// requirement for a handler. Without it: 401, since another token would do. Bound are tokens to a key
/// (`cnf.jkt`, RFC 9449 §6) or to a client certificate (`cnf.x5t#S256`, RFC 8705 §3.1).
///
/// That the request has proven to hold the key of a bound token is judged before, on every route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct RequireBinding {
    to: BoundTo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BoundTo {
    Key,
    Certificate,
    Either,
}

impl RequireBinding {
    /// A token that is bound to the key of DPoP proofs (RFC 9449).
    pub fn dpop() -> Self {
        Self { to: BoundTo::Key }
    }

    /// A token that is bound to the client's certificate (RFC 8705).
    pub fn certificate() -> Self {
        Self {
            to: BoundTo::Certificate,
        }
    }

    /// A token that is bound to either.
    pub fn any() -> Self {
        Self {
            to: BoundTo::Either,
        }
    }
}

impl Requirement for RequireBinding {
    fn judge(&self, facts: &TokenFacts, _: Timestamp) -> Result<(), Rejection> {
        let is_bound = |cnf: &Confirmation| match self.to {
            BoundTo::Key => cnf.key.is_some(),
            BoundTo::Certificate => cnf.certificate.is_some(),
            BoundTo::Either => cnf.key.is_some() || cnf.certificate.is_some(),
        };
        let mut bindings = facts
            .statements()
            .filter_map(|statement| statement.registered().cnf.as_deref());
        if bindings.any(is_bound) {
            return Ok(());
        }
        let rejection = Rejection::because(
            Reason::BindingRequired,
            "the route takes bound tokens only (`cnf`), and this one is good for whoever has it",
        );
        Err(match self.to {
            BoundTo::Key => rejection.under(Scheme::Dpop),
            BoundTo::Certificate | BoundTo::Either => rejection,
        })
    }

    fn is_same_as(&self, other: &dyn Requirement) -> bool {
        (other as &dyn Any).downcast_ref() == Some(self)
    }
}

impl<S> Layer<S> for RequireBinding {
    type Service = Require<S>;

    fn layer(&self, inner: S) -> Require<S> {
        Require::new(inner, *self)
    }
}
