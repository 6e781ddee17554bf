use std::{ptr, sync::Arc};

use super::guarded::guarded;
use crate::{Rejection, Requirement, Timestamp, TokenFacts, uma::AskedPermission};

/// Something that the route of a token requires of it.
#[derive(Clone)]
pub(super) enum Required {
    /// Judged on the facts alone.
    OfFacts(Arc<dyn Requirement>),
    /// Judged on what the server grants, where the facts do not say it.
    Asked(Arc<AskedPermission>),
}

impl Required {
    /// A requirement may be the application's own.
    pub(super) fn judge(&self, facts: &TokenFacts, now: Timestamp) -> Result<(), Rejection> {
        guarded("a requirement panicked", || match self {
            Self::OfFacts(requirement) => requirement.judge(facts, now),
            Self::Asked(permission) => permission.judge(facts, now),
        })
    }

    /// What the server can be asked beside the facts.
    pub(super) fn asked(&self) -> Option<&Arc<AskedPermission>> {
        match self {
            Self::OfFacts(_) => None,
            Self::Asked(permission) => Some(permission),
        }
    }

    /// Whether both are about the same permission, of which the newer one knows more.
    pub(super) fn replaces(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Asked(one), Self::Asked(other)) => one.is_about_same(other),
            _ => false,
        }
    }

    /// Whether both require the same of the facts, so that one of them is enough. Whoever cannot say is
    /// taken at his no.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        let (Self::OfFacts(one), Self::OfFacts(other)) = (self, other) else {
            return false;
        };
        let are_one = ptr::addr_eq(Arc::as_ptr(one), Arc::as_ptr(other));
        let are_same = || {
            guarded("a requirement panicked", || {
                Ok(one.is_same_as(other.as_ref()))
            })
        };
        are_one || are_same().unwrap_or_default()
    }
}
