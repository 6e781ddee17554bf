//! What the bearer of a requesting party token may do (UMA 2.0).

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::TokenFacts;
use crate::Timestamp;

/// That something may be done with one resource: an element of `permissions` in an introspection
/// answer (UMA 2.0 Federated Authorization §5.1.1), or of `authorization.permissions` in Keycloak's
/// JWTs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Permission {
    /// The resource's id (`resource_id`, `rsid`, `resource_set_id`).
    pub resource_id: Option<String>,
    /// The resource's name (`rsname`, `resource_set_name`), where the server has names.
    pub resource_name: Option<String>,
    /// What may be done with it (`resource_scopes`, `scopes`). Without any, the permission is for the
    /// resource and for no scope of it.
    pub scopes: BTreeSet<String>,
    /// From when on it is of no use.
    pub exp: Option<Timestamp>,
    /// Before when it is of no use.
    pub nbf: Option<Timestamp>,
    /// When it was granted.
    pub iat: Option<Timestamp>,
}

impl Permission {
    /// Reads one of the elements. What is malformed in any part of it is no permission: whatever was
    /// meant, it may have been less.
    fn parse(json: &Value) -> Option<Self> {
        let members = json.as_object()?;
        let permission = Self {
            resource_id: name(members, &["resource_id", "rsid", "resource_set_id"])?,
            resource_name: name(members, &["rsname", "resource_name", "resource_set_name"])?,
            scopes: scopes(members)?,
            exp: date(members, "exp")?,
            nbf: date(members, "nbf")?,
            iat: date(members, "iat")?,
        };
        let is_for_something =
            permission.resource_id.is_some() || permission.resource_name.is_some();
        is_for_something.then_some(permission)
    }

    /// Whether it counts at a moment, by clocks that may differ by the leeway. The token's own dates are
    /// judged beside these, so the narrower ones win (UMA 2.0 Federated Authorization §5.1.1).
    pub(crate) fn is_valid(&self, now: Timestamp, leeway: Duration) -> bool {
        let latest = now.plus(leeway);
        let has_ended = self.exp.is_some_and(|exp| exp <= now.minus(leeway));
        let is_ahead = |date: Option<Timestamp>| date.is_some_and(|date| date > latest);
        !has_ended && !is_ahead(self.nbf) && !is_ahead(self.iat)
    }
}

/// All permissions of one statement about a token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Permissions(Vec<Permission>);

impl TokenFacts {
    /// What the token's bearer may do, by what the newest statement about it says; entries that are
    /// malformed are left out, those that are over or yet to come are not.
    ///
    /// A JWT says it if it is a requesting party token, introspection if it was
    /// [asked for it](crate::IssuerBuilder::requesting_party_tokens).
    #[must_use]
    pub fn permissions(&self) -> Vec<Permission> {
        Permissions::of(self).0.clone()
    }
}

impl Permissions {
    pub(crate) fn of(facts: &TokenFacts) -> Arc<Self> {
        facts.claims().unwrap_or_default()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Permission> {
        self.0.iter()
    }
}

impl<'de> Deserialize<'de> for Permissions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let claims = Value::deserialize(deserializer)?;
        let of_answer = claims.get("permissions");
        let of_jwt = claims.pointer("/authorization/permissions");
        let elements = [of_answer, of_jwt].into_iter().flatten();
        let elements = elements.filter_map(Value::as_array).flatten();
        Ok(Self(elements.filter_map(Permission::parse).collect()))
    }
}

/// One text under several names; `None` when it is none, or they contradict each other.
fn name(members: &Map<String, Value>, names: &[&str]) -> Option<Option<String>> {
    let mut found = None;
    for value in names.iter().filter_map(|name| members.get(*name)) {
        let text = value.as_str().filter(|text| !text.is_empty())?;
        if *found.get_or_insert(text) != text {
            return None;
        }
    }
    Some(found.map(str::to_owned))
}

/// The same for the scopes.
fn scopes(members: &Map<String, Value>) -> Option<BTreeSet<String>> {
    let mut found = None;
    for value in ["resource_scopes", "scopes"]
        .iter()
        .filter_map(|name| members.get(*name))
    {
        let scopes = value.as_array()?.iter();
        let scopes = scopes.map(|scope| scope.as_str().map(str::to_owned));
        let scopes: BTreeSet<_> = scopes.collect::<Option<_>>()?;
        match &found {
            Some(other) if *other != scopes => return None,
            _ => found = Some(scopes),
        }
    }
    Some(found.unwrap_or_default())
}

/// The same for a date.
fn date(members: &Map<String, Value>, name: &str) -> Option<Option<Timestamp>> {
    match members.get(name) {
        None => Some(None),
        Some(date) => Timestamp::from_numeric_date(date.as_f64()?).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn permissions(claims: &Value) -> Vec<Permission> {
        let permissions: Permissions = serde_json::from_value(claims.clone()).unwrap();
        permissions.0
    }

    #[test]
    fn old_and_new_names_say_the_same() {
        let view = ["view"];
        for entry in [
            json!({"resource_id": "1", "resource_scopes": view}),
            json!({"rsid": "1", "scopes": view}),
            json!({"resource_set_id": "1", "scopes": view}),
            json!({"rsid": "1", "resource_id": "1", "scopes": view, "resource_scopes": view}),
        ] {
            for claims in [
                json!({"permissions": [entry]}),
                json!({"authorization": {"permissions": [entry]}}),
            ] {
                let [permission] = permissions(&claims).try_into().unwrap();
                assert_eq!(permission.resource_id.as_deref(), Some("1"), "{claims}");
                assert!(permission.scopes.iter().eq(view), "{claims}");
            }
        }
        for name in ["rsname", "resource_set_name", "resource_name"] {
            let claims = json!({"permissions": [{name: "album"}]});
            let [permission] = permissions(&claims).try_into().unwrap();
            assert_eq!(permission.resource_name.as_deref(), Some("album"));
            assert!(permission.scopes.is_empty());
        }
    }

    #[test]
    fn an_entry_that_contradicts_itself_is_none() {
        for entry in [
            json!({"rsid": "1", "resource_id": "2"}),
            json!({"rsid": "1", "resource_id": null}),
            json!({"rsname": "a", "resource_set_name": "b"}),
            json!({"rsid": "1", "scopes": ["a"], "resource_scopes": ["a", "b"]}),
            json!({"rsid": "1", "scopes": ["a", 1]}),
            json!({"rsid": "1", "scopes": "a"}),
            json!({"rsid": "1", "scopes": null}),
            json!({"rsid": "1", "exp": "1700000000"}),
            json!({"rsid": "1", "nbf": null}),
            json!({"rsid": ""}),
            json!({"scopes": ["a"]}),
        ] {
            let claims = json!({"permissions": [entry, {"rsid": "good"}]});
            let [good] = permissions(&claims).try_into().unwrap();
            assert_eq!(good.resource_id.as_deref(), Some("good"), "{claims}");
        }
    }
}
