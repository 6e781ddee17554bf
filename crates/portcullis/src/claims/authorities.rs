use std::{collections::BTreeSet, sync::Arc};

use serde_json::Value;

use super::TokenFacts;
use crate::{ConfigError, keycloak::Roles};

/// From which claims a token's authorities come: one view of what it grants, so that a handler does
/// not care whether a right came from `scope`, a role or a group.
///
/// Each source has a prefix for its names. Without one, names of different sources are the same
/// right: a scope `admin`, which a client may ask for, would be as good as the role `admin`. Leave
/// it out only where you mean that, and let no prefix be the beginning of another's: with `""` for
/// scopes and `role:` for roles, a scope `role:admin` would be the role `admin`.
///
/// ```
/// use portcullis::{AuthorityMap, Realm, RequireAuthority};
///
/// let realm = Realm::new("https://id.example.com/realms/shop")?
///     .audience("orders-api")
///     .authorities(
///         AuthorityMap::new()
///             .scopes("scope:")
///             .realm_roles("role:")
///             .client_roles("orders-api", "orders:")
///             .claim("/department/groups", "group:")?,
///     )
///     .build()?;
/// let guard = RequireAuthority::any(["role:admin", "group:accounting"]);
/// # Ok::<(), portcullis::ConfigError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct AuthorityMap {
    sources: Vec<(Source, String)>,
}

#[derive(Debug, Clone)]
enum Source {
    Scopes,
    RealmRoles,
    ClientRoles(String),
    /// A JSON pointer (RFC 6901).
    Claim(String),
}

impl AuthorityMap {
    /// No sources yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every scope (RFC 6749 §3.3).
    #[must_use]
    pub fn scopes(self, prefix: &str) -> Self {
        self.source(Source::Scopes, prefix)
    }

    /// Every role of the realm (Keycloak: `realm_access.roles`).
    #[must_use]
    pub fn realm_roles(self, prefix: &str) -> Self {
        self.source(Source::RealmRoles, prefix)
    }

    /// Every role of this client (Keycloak: `resource_access.<client>.roles`).
    #[must_use]
    pub fn client_roles(self, client: &str, prefix: &str) -> Self {
        self.source(Source::ClientRoles(client.to_owned()), prefix)
    }

    /// What stands at this place of the claims: a string, or an array of strings. What has another
    /// shape grants nothing.
    ///
    /// # Errors
    /// When the place is no JSON pointer (RFC 6901), such as `/groups` or `/https:~1~1a.example/roles`.
    pub fn claim(self, pointer: &str, prefix: &str) -> Result<Self, ConfigError> {
        let escapes_are_sound = pointer
            .split('~')
            .skip(1)
            .all(|rest| rest.starts_with('0') || rest.starts_with('1'));
        if !pointer.starts_with('/') || !escapes_are_sound {
            return Err(ConfigError::new(
                "authorities",
                format!("{pointer:?} is no JSON pointer"),
                "begin with `/`, and write `~1` for a `/` within a name and `~0` for a `~`",
            ));
        }
        Ok(self.source(Source::Claim(pointer.to_owned()), prefix))
    }

    fn source(mut self, source: Source, prefix: &str) -> Self {
        self.sources.push((source, prefix.to_owned()));
        self
    }

    fn collect(&self, facts: &TokenFacts) -> Authorities {
        let mut names = BTreeSet::new();
        for (source, prefix) in &self.sources {
            let mut add = |name: &str| names.insert(format!("{prefix}{name}"));
            match source {
                Source::Scopes => facts.registered().scope.iter().for_each(|name| {
                    add(name);
                }),
                Source::RealmRoles => Roles::of(facts).realm().for_each(|name| {
                    add(name);
                }),
                Source::ClientRoles(client) => Roles::of(facts).client(client).for_each(|name| {
                    add(name);
                }),
                Source::Claim(pointer) => {
                    let claims: Arc<Value> = facts.claims().unwrap_or_default();
                    strings(claims.pointer(pointer)).for_each(|name| {
                        add(name);
                    });
                }
            }
        }
        Authorities { names }
    }
}

/// The strings of a string or of an array of strings.
fn strings(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let (one, many) = match value {
        Some(Value::String(one)) => (Some(one.as_str()), None),
        Some(Value::Array(many)) => (None, Some(many)),
        _ => (None, None),
    };
    let many = many.into_iter().flatten().filter_map(Value::as_str);
    one.into_iter().chain(many).filter(|name| !name.is_empty())
}

/// What a token grants, by the [`AuthorityMap`] of its issuer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Authorities {
    names: BTreeSet<String>,
}

impl Authorities {
    /// Whether this is granted, compared whole.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// All of them, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

impl TokenFacts {
    /// What the token grants, by what its issuer was told to look at; nothing unless it was told.
    #[must_use]
    pub fn authorities(&self) -> Authorities {
        match &self.expectations().authorities {
            Some(map) => map.collect(self),
            None => Authorities::default(),
        }
    }
}
