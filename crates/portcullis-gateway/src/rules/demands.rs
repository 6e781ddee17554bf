use std::{fmt, sync::Arc, time::Duration};

use portcullis::{
    ConfigError, Freshness, Rejection, RequireRole, RequireScope, Requirement, Timestamp,
    TokenFacts,
};

/// What a rule asks of a token beyond being good: one requirement as a whole, which is judged once, on the
/// newest that is known of the token. Where the rule is live, the authorization server is asked before that.
#[derive(Clone)]
pub struct Demands {
    freshness: Freshness,
    requirements: Arc<[Arc<dyn Requirement>]>,
    /// What was asked for, as an operator wrote it.
    described: Arc<str>,
}

/// What a rule asks for contradicts itself or cannot be asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemandsError {
    /// A live answer and one of some age.
    #[error("a live answer is newer than any `live_within_seconds`: write one of both")]
    LiveAndWithin,
    /// An age of nothing.
    #[error(
        "an answer is never 0 seconds old: write `live = true` for one that is made for the request"
    )]
    WithinNothing,
    /// A name of a scope that cannot be.
    #[error(transparent)]
    Scope(#[from] ConfigError),
    /// A role without a name.
    #[error("a role has no name: no token has it")]
    NamelessRole,
}

/// As a rule in the file has them.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) live: bool,
    pub(crate) live_within: Option<Duration>,
    pub(crate) scopes: Vec<String>,
    pub(crate) realm_roles: Vec<String>,
    /// Roles by client.
    pub(crate) client_roles: Vec<(String, Vec<String>)>,
}

impl Demands {
    /// A good token, verified in the configured way, and no more.
    #[must_use]
    pub fn none() -> Self {
        Self {
            freshness: Freshness::AsConfigured,
            requirements: Arc::new([]),
            described: "a good token".into(),
        }
    }

    pub(crate) fn new(asked: Asked) -> Result<Self, DemandsError> {
        let described = format!("{asked:?}").into();
        let freshness = match (asked.live, asked.live_within) {
            (true, Some(_)) => return Err(DemandsError::LiveAndWithin),
            (false, Some(Duration::ZERO)) => return Err(DemandsError::WithinNothing),
            (true, None) => Freshness::Live,
            (false, Some(age)) => Freshness::Within(age),
            (false, None) => Freshness::AsConfigured,
        };
        let mut requirements: Vec<Arc<dyn Requirement>> = Vec::new();
        if !asked.scopes.is_empty() {
            requirements.push(Arc::new(RequireScope::all(asked.scopes)?));
        }
        let realm_roles = asked.realm_roles.into_iter().map(|role| (None, role));
        let client_roles = asked.client_roles.into_iter().flat_map(|(client, roles)| {
            let of_client = move |role| (Some(client.clone()), role);
            roles.into_iter().map(of_client)
        });
        for (client, role) in realm_roles.chain(client_roles) {
            if role.is_empty() || client.as_deref() == Some("") {
                return Err(DemandsError::NamelessRole);
            }
            requirements.push(Arc::new(match client {
                None => RequireRole::realm(role),
                Some(client) => RequireRole::client(client, role),
            }));
        }
        Ok(Self {
            freshness,
            requirements: requirements.into(),
            described,
        })
    }

    /// How new the answer about the token has to be.
    #[must_use]
    pub fn freshness(&self) -> Freshness {
        self.freshness
    }

    /// Whether the authorization server has to be asked.
    #[must_use]
    pub fn needs_asking(&self) -> bool {
        !matches!(self.freshness, Freshness::AsConfigured)
    }
}

impl Requirement for Demands {
    fn judge(&self, facts: &TokenFacts, now: Timestamp) -> Result<(), Rejection> {
        self.requirements
            .iter()
            .try_for_each(|requirement| requirement.judge(facts, now))
    }
}

impl fmt::Debug for Demands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.described)
    }
}
