//! What a route requires of a token beyond being good.

mod acr;
mod active;
mod authority;
mod binding;
mod guard;
mod permission;
mod permission_layer;
mod role;
mod scope;
mod scope_type;

pub use self::{
    acr::RequireAcr,
    active::{RequireActive, RequireActiveLayer},
    authority::RequireAuthority,
    binding::RequireBinding,
    guard::{Require, RequireFuture, RequireLayer},
    permission::RequirePermission,
    permission_layer::{PermissionGuard, RequirePermissionLayer},
    role::RequireRole,
    scope::RequireScope,
    scope_type::{AnyOf, RequiredScopes, is_scope_token},
};

use std::any::Any;

use crate::{Rejection, Timestamp, TokenFacts};

/// Something a route requires of a token: recorded with the request, judged now, and again on
/// whatever newer facts the request learns.
///
/// A guard can only make a route stricter: a requirement that is not met by what is known when it
/// is judged refuses, though a live answer further in might have met it.
///
/// It judges the facts it is given. It must not hold the [`VerifiedToken`](crate::VerifiedToken)
/// that it is required of: the two would keep each other, and the raw token, alive for ever.
///
/// As a layer: `RequireLayer::new(requirement)`; inside a handler: `token.require(requirement)?`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a requirement",
    note = "`RequireScope::all(..)` returns a `Result`: add `?`; a requirement of your own implements `Requirement`"
)]
pub trait Requirement: Any + Send + Sync {
    /// Judges the facts at a moment, by the clock that their dates are held against.
    ///
    /// It may be called more than once for one `require`, and again for each newer statement: it changes
    /// nothing by being called.
    ///
    /// # Errors
    /// The rejection to answer with, such as
    /// [`Reason::RequirementNotMet`](crate::Reason::RequirementNotMet) for 403.
    fn judge(&self, facts: &TokenFacts, now: Timestamp) -> Result<(), Rejection>;

    /// Whether another requirement is the same, so that a request has to remember one of them alone:
    /// for what a handler requires again and again, with each message of a stream. Unless said
    /// otherwise no two are. Of a type that is `PartialEq`:
    ///
    /// ```
    /// # use portcullis::{Rejection, Requirement, Timestamp, TokenFacts};
    /// use std::any::Any;
    ///
    /// #[derive(PartialEq)]
    /// struct OfTenant(String);
    ///
    /// impl Requirement for OfTenant {
    ///     fn is_same_as(&self, other: &dyn Requirement) -> bool {
    ///         (other as &dyn Any).downcast_ref() == Some(self)
    ///     }
    /// #   fn judge(&self, _: &TokenFacts, _: Timestamp) -> Result<(), Rejection> {
    /// #       Ok(())
    /// #   }
    ///     // …
    /// }
    /// # assert!(OfTenant("a".into()).is_same_as(&OfTenant("a".into())));
    /// # assert!(!OfTenant("a".into()).is_same_as(&OfTenant("b".into())));
    /// ```
    fn is_same_as(&self, other: &dyn Requirement) -> bool {
        let _ = other;
        false
    }
}
