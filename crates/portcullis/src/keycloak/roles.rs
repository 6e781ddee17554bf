use std::{collections::HashMap, sync::Arc};

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::TokenFacts;

/// The roles in a Keycloak token: `realm_access.roles` and `resource_access.<client>.roles`.
/// What has another shape grants nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roles {
    realm: Vec<String>,
    clients: HashMap<String, Vec<String>>,
}

impl Roles {
    /// The roles that these facts grant.
    #[must_use]
    pub fn of(facts: &TokenFacts) -> Arc<Self> {
        facts.claims().unwrap_or_default()
    }

    /// The roles of the realm.
    pub fn realm(&self) -> impl Iterator<Item = &str> {
        self.realm.iter().map(String::as_str)
    }

    /// The roles of one client.
    pub fn client(&self, client: &str) -> impl Iterator<Item = &str> {
        self.clients
            .get(client)
            .into_iter()
            .flatten()
            .map(String::as_str)
    }

    /// Whether the realm role is granted.
    #[must_use]
    pub fn has_realm_role(&self, role: &str) -> bool {
        self.realm().any(|own| own == role)
    }

    /// Whether the role of this client is granted.
    #[must_use]
    pub fn has_client_role(&self, client: &str, role: &str) -> bool {
        self.client(client).any(|own| own == role)
    }
}

impl<'de> Deserialize<'de> for Roles {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let claims = Value::deserialize(deserializer)?;
        let clients = claims.get("resource_access").and_then(Value::as_object);
        Ok(Self {
            realm: claims
                .get("realm_access")
                .map(role_names)
                .unwrap_or_default(),
            clients: clients
                .into_iter()
                .flatten()
                .map(|(client, access)| (client.clone(), role_names(access)))
                .collect(),
        })
    }
}

fn role_names(access: &Value) -> Vec<String> {
    let roles = access.get("roles").and_then(Value::as_array);
    roles
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(json: &str) -> Roles {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn roles_are_the_realms_and_each_clients_own() {
        let roles = roles(
            r#"{"realm_access":{"roles":["admin"]},
                "resource_access":{"my.client/1":{"roles":["editor"]},"other":{"roles":["owner"]}}}"#,
        );
        assert!(roles.has_realm_role("admin"));
        assert!(roles.has_client_role("my.client/1", "editor"));
        assert!(!roles.has_client_role("my.client/1", "owner"));
        assert!(!roles.has_realm_role("owner"));
    }

    #[test]
    fn another_shape_grants_nothing() {
        for json in [
            r#"{"realm_access":"admin"}"#,
            r#"{"realm_access":null}"#,
            r#"{"realm_access":{"roles":"admin"}}"#,
            r#"{"realm_access":["admin"],"resource_access":["admin"]}"#,
            "{}",
        ] {
            assert_eq!(roles(json), Roles::default(), "{json}");
        }
    }
}
