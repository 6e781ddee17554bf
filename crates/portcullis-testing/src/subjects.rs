//! What the server knows of a user today, whatever the tokens say.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use crate::lock::Lock;

#[derive(Debug, Default)]
pub(crate) struct Subjects(Lock<HashMap<String, Subject>>);

#[derive(Debug, Default)]
struct Subject {
    disabled: bool,
    realm_roles: Option<Vec<String>>,
    client_roles: BTreeMap<String, Vec<String>>,
}

impl Subjects {
    pub(crate) fn set_disabled(&self, subject: &str, disabled: bool) {
        self.0
            .lock()
            .entry(subject.to_owned())
            .or_default()
            .disabled = disabled;
    }

    pub(crate) fn is_disabled(&self, subject: &str) -> bool {
        self.0
            .lock()
            .get(subject)
            .is_some_and(|subject| subject.disabled)
    }

    pub(crate) fn set_realm_roles(&self, subject: &str, roles: Vec<String>) {
        self.0
            .lock()
            .entry(subject.to_owned())
            .or_default()
            .realm_roles = Some(roles);
    }

    pub(crate) fn set_client_roles(&self, subject: &str, client: &str, roles: Vec<String>) {
        self.0
            .lock()
            .entry(subject.to_owned())
            .or_default()
            .client_roles
            .insert(client.to_owned(), roles);
    }

    /// Replaces the roles in `claims` by those that were set; a claim without roles is removed,
    /// as Keycloak does it.
    pub(crate) fn put_roles_of_today(&self, subject: &str, claims: &mut Map<String, Value>) {
        let subjects = self.0.lock();
        let Some(subject) = subjects.get(subject) else {
            return;
        };
        if let Some(roles) = &subject.realm_roles {
            put(claims, "realm_access", roles);
        }
        if subject.client_roles.is_empty() {
            return;
        }
        let access = claims.remove("resource_access");
        let mut access = if let Some(Value::Object(access)) = access {
            access
        } else {
            Map::new()
        };
        for (client, roles) in &subject.client_roles {
            put(&mut access, client, roles);
        }
        if !access.is_empty() {
            claims.insert("resource_access".to_owned(), Value::Object(access));
        }
    }
}

fn put(members: &mut Map<String, Value>, name: &str, roles: &[String]) {
    if roles.is_empty() {
        members.remove(name);
    } else {
        members.insert(name.to_owned(), json!({"roles": roles}));
    }
}
