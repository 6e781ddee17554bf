use std::sync::Arc;

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

    /// Whether both are about the same permission, so that the newer one is enough.
    pub(super) fn is_about_same(&self, other: &Self) -> bool {
        matches!(
            (self, other),
            (Self::Asked(one), Self::Asked(other)) if one.is_about_same(other)
        )
    }
}
