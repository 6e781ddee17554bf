use std::{collections::BTreeMap, sync::Arc};

use portcullis::{Expectations, MalformedFacts, Permission, TokenFacts, keycloak::Roles};
use serde::Serialize;

use crate::token::{Json, Jwt};

/// What the library reads in the claims.
#[derive(Debug, Default, Serialize)]
pub(super) struct Claims {
    pub(super) issuer: Option<String>,
    pub(super) subject: Option<String>,
    /// `azp`, or else `client_id`.
    pub(super) client: Option<String>,
    pub(super) audience: Vec<String>,
    pub(super) session: Option<String>,
    pub(super) bound_to: Vec<&'static str>,
    pub(super) scope: Vec<String>,
    pub(super) roles: TokenRoles,
    pub(super) permissions: Vec<TokenPermission>,
}

/// Roles as Keycloak has them.
#[derive(Debug, Default, Serialize)]
pub(super) struct TokenRoles {
    pub(super) realm: Vec<String>,
    pub(super) clients: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Serialize)]
pub(super) struct TokenPermission {
    /// The resource's name, else its id.
    pub(super) resource: String,
    pub(super) scopes: Vec<String>,
}

impl Claims {
    /// Reads the claims of a JWT as the library does; `None` where there are none that are JSON.
    pub(super) fn of(jwt: &Jwt) -> Option<Result<Self, MalformedFacts>> {
        let json = jwt.payload.json.as_ref()?;
        let text = String::from_utf8_lossy(&jwt.payload.bytes);
        let expectations = Arc::new(Expectations::danger_any_audience());
        let facts = TokenFacts::from_json(&*text, &expectations);
        Some(facts.map(|facts| Self::of_facts(&facts, json)))
    }

    fn of_facts(facts: &TokenFacts, json: &Json) -> Self {
        let registered = facts.registered();
        let text = |claim: &Option<portcullis::ClaimText>| {
            claim.as_ref().map(|claim| claim.as_str().to_owned())
        };
        Self {
            issuer: text(&registered.iss),
            subject: text(&registered.sub),
            client: registered.authorized_party().map(str::to_owned),
            audience: registered.aud.iter().map(str::to_owned).collect(),
            session: text(&registered.sid),
            bound_to: bound_to(facts),
            scope: registered.scope.iter().map(str::to_owned).collect(),
            roles: TokenRoles::of(&Roles::of(facts), json),
            permissions: facts.permissions().into_iter().map(Into::into).collect(),
        }
    }
}

fn bound_to(facts: &TokenFacts) -> Vec<&'static str> {
    let Some(confirmation) = &facts.registered().cnf else {
        return Vec::new();
    };
    let ways = [
        (confirmation.key.is_some(), "a DPoP key (jkt)"),
        (
            confirmation.certificate.is_some(),
            "a client certificate (x5t#S256)",
        ),
        (
            !confirmation.is_understood,
            "something that is not understood here",
        ),
    ];
    let ways = ways.into_iter();
    ways.filter_map(|(holds, way)| holds.then_some(way))
        .collect()
}

impl TokenRoles {
    fn of(roles: &Roles, json: &Json) -> Self {
        let clients = json.get("resource_access").map_or(&[][..], Json::members);
        let names = |client: &str| roles.client(client).map(str::to_owned).collect();
        Self {
            realm: roles.realm().map(str::to_owned).collect(),
            clients: clients
                .iter()
                .map(|(client, _)| (client.clone(), names(client)))
                .collect(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.realm.is_empty() && self.clients.is_empty()
    }
}

impl From<Permission> for TokenPermission {
    fn from(permission: Permission) -> Self {
        let resource = permission.resource_name.or(permission.resource_id);
        Self {
            resource: resource.unwrap_or_default(),
            scopes: permission.scopes.into_iter().collect(),
        }
    }
}
