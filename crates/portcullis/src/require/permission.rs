use std::{any::Any, collections::BTreeSet};

use tower_layer::Layer;

use super::{Require, RequirePermissionLayer, Requirement};
use crate::{
    Permission, Reason, Rejection, Timestamp, TokenFacts, Uma, claims::Permissions,
    require::permission_layer::Way,
};

/// Requires that the token's bearer may do something with a resource (UMA 2.0): a guard for a route,
/// and a requirement for a handler. Without the permission in the token: 403.
///
/// Where a token without it shall not be the end, there are two other ways:
/// [`asking`](Self::asking) the authorization server, and telling the client where to get the
/// permission, [`or_ticket`](Self::or_ticket).
///
/// Where the server is asked about the token, live or since news of it left a doubt, its answer is the
/// newer statement and counts alone. Keycloak's names permissions only with
/// [`requesting_party_tokens`](crate::IssuerBuilder::requesting_party_tokens): without that, requesting
/// party tokens permit nothing from then on, and a ticket only leads to the next one.
///
/// ```
/// use portcullis::RequirePermission;
///
/// let guard = RequirePermission::of("hello-world-resource", ["view"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct RequirePermission {
    resource: Resource,
    scopes: BTreeSet<String>,
    /// A permission without scopes is one for all of them.
    takes_empty_for_all: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Resource {
    /// By its name, or by its id where the server says no name.
    Named(String),
    Id(String),
}

impl RequirePermission {
    /// All of these scopes of the resource, by the resource's name; by its id where the server gives
    /// resources no names. Without scopes: any permission for the resource.
    ///
    /// A name that stands for several resources permits nothing, and neither does one in a token whose
    /// `aud` names other services too, since it may be the name of a resource of theirs.
    ///
    /// **Where users name resources themselves**, a resource of theirs may be the only one of that name
    /// that somebody has a permission for, and lets him in: there require resources by their
    /// [id](Self::of_id).
    pub fn of<S: Into<String>>(
        resource: impl Into<String>,
        scopes: impl IntoIterator<Item = S>,
    ) -> Self {
        Self::new(Resource::Named(resource.into()), scopes)
    }

    /// The same by the resource's id alone, whatever names there are.
    pub fn of_id<S: Into<String>>(
        resource_id: impl Into<String>,
        scopes: impl IntoIterator<Item = S>,
    ) -> Self {
        Self::new(Resource::Id(resource_id.into()), scopes)
    }

    fn new<S: Into<String>>(resource: Resource, scopes: impl IntoIterator<Item = S>) -> Self {
        Self {
            resource,
            scopes: scopes.into_iter().map(Into::into).collect(),
            takes_empty_for_all: false,
        }
    }

    /// Takes a permission without any scope for one for all scopes of the resource, as Keycloak's own
    /// policy enforcer does. At a server that grants the bare resource to those who may do nothing with
    /// it, that gives them everything.
    pub fn danger_empty_scopes_grant_all(mut self) -> Self {
        self.takes_empty_for_all = true;
        self
    }

    /// Where the token does not say it, the authorization server is asked before the handler runs
    /// what it grants the token's bearer of this: for ordinary access tokens, without a requesting party
    /// token. What it says is judged as if it stood in one. If that is not enough: 403; see
    /// [`RequirePermissionLayer`].
    ///
    /// **A name may be somebody else's.** Keycloak looks for it among the resources of the user, those
    /// shared with him and its own. Where users make resources (user-managed access), require them by
    /// [id](Self::of_id).
    pub fn asking(self, uma: &Uma) -> RequirePermissionLayer {
        RequirePermissionLayer::new(self, uma, Way::Asking)
    }

    /// Where the token does not say it, the client is told by a permission ticket where to get a token
    /// that does (UMA 2.0 Grant §3.2): 401 with a `UMA` challenge; see [`RequirePermissionLayer`].
    pub fn or_ticket(self, uma: &Uma) -> RequirePermissionLayer {
        RequirePermissionLayer::new(self, uma, Way::Ticket)
    }

    /// The resource, as the server is asked about it.
    pub(crate) fn resource(&self) -> &str {
        match &self.resource {
            Resource::Named(name) => name,
            Resource::Id(id) => id,
        }
    }

    pub(crate) fn scopes(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.scopes.iter().map(String::as_str)
    }

    /// Whether these permissions for the resource are all that is needed.
    fn suffice(&self, permissions: &[&Permission]) -> bool {
        let mut missing: BTreeSet<&str> = self.scopes().collect();
        for permission in permissions {
            if self.takes_empty_for_all && permission.scopes.is_empty() {
                missing.clear();
            }
            missing.retain(|scope| !permission.scopes.contains(*scope));
        }
        !permissions.is_empty() && missing.is_empty()
    }

    fn ambiguous(&self, why: &str) -> Rejection {
        let resource = self.resource();
        let diagnosis = format!(
            "the permission for {resource:?} does not count, since {why}; require it by the resource's id (`of_id`)"
        );
        Rejection::because(Reason::MissingPermission, diagnosis)
    }

    /// What becomes of a token that does not say it.
    pub(crate) fn refusal(&self) -> Rejection {
        let scopes: Vec<_> = self.scopes().collect();
        let diagnosis = format!(
            "the route needs the permission {:?} for the resource {:?}",
            scopes,
            self.resource()
        );
        Rejection::because(Reason::MissingPermission, diagnosis)
    }
}

impl Resource {
    /// Whether a statement can mean it: each service names its resources for itself, and their ids are
    /// the server's.
    fn is_meant_in(&self, statement: &TokenFacts) -> bool {
        matches!(self, Self::Id(_)) || statement.are_for_us_alone()
    }

    fn is_of(&self, permission: &Permission) -> bool {
        let id = permission.resource_id.as_deref();
        match self {
            Self::Id(wanted) => id == Some(wanted),
            Self::Named(wanted) => permission.resource_name.as_deref().or(id) == Some(wanted),
        }
    }
}

impl Requirement for RequirePermission {
    fn judge(&self, facts: &TokenFacts, now: Timestamp) -> Result<(), Rejection> {
        let said = Permissions::of(facts);
        let leeway = facts.expectations().leeway;
        let permissions: Vec<_> = said
            .iter()
            .filter(|said| said.is_valid(now, leeway) && self.resource.is_of(said))
            .collect();
        if !permissions.is_empty() && !self.resource.is_meant_in(facts) {
            return Err(self.ambiguous("the token is for other services as well (`aud`), which may have a resource of that name"));
        }
        if !self.suffice(&permissions) {
            return Err(self.refusal());
        }
        let are_of_one = |one: &Permission, other: &Permission| {
            one.resource_id.is_some() && one.resource_id == other.resource_id
        };
        if permissions
            .windows(2)
            .all(|pair| matches!(pair, [one, other] if are_of_one(one, other)))
        {
            return Ok(());
        }
        Err(self.ambiguous("there is more than one resource of that name"))
    }

    fn is_same_as(&self, other: &dyn Requirement) -> bool {
        (other as &dyn Any).downcast_ref() == Some(self)
    }
}

impl<S> Layer<S> for RequirePermission {
    type Service = Require<S>;

    fn layer(&self, inner: S) -> Require<S> {
        Require::new(inner, self.clone())
    }
}
