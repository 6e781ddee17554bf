//! Everything the server knows, shared by its connections and the test.

use std::{
    collections::{HashMap, HashSet},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use serde_json::Value;

use super::policy::Policy;
use crate::{
    clients::Client,
    clock::Clock,
    endpoints::{DiscoverySettings, Endpoint, Endpoints},
    keys::KeyRing,
    lock::Lock,
    not_before::NotBefore,
    permissions::Permissions,
    refresh_tokens::RefreshTokens,
    security_events::SecurityEvents,
    sessions::Sessions,
    subjects::Subjects,
    tls::Authority,
    token::TokenRegister,
};

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) clock: Clock,
    /// There is one where the server speaks TLS.
    pub(crate) authority: Option<Authority>,
    pub(crate) origin: String,
    pub(crate) issuer: String,
    pub(crate) audience: String,
    /// The path of the issuer without a terminating slash; empty for a root.
    pub(crate) path: String,
    pub(crate) policy: Lock<Policy>,
    pub(crate) clients: Lock<HashMap<String, Client>>,
    /// The ids of client assertions, each with its client.
    pub(crate) seen_assertions: Lock<HashSet<(String, String)>>,
    pub(crate) keys: Lock<KeyRing>,
    pub(crate) tokens: Lock<TokenRegister>,
    pub(crate) refresh_tokens: RefreshTokens,
    pub(crate) preset_answers: Lock<HashMap<String, Value>>,
    pub(crate) sessions: Sessions,
    pub(crate) not_before: NotBefore,
    pub(crate) subjects: Subjects,
    pub(crate) permissions: Permissions,
    pub(crate) security_events: SecurityEvents,
    pub(crate) discovery: Lock<DiscoverySettings>,
    pub(crate) endpoints: Endpoints,
    audience_rule: AtomicBool,
    connections: AtomicUsize,
}

/// What distinguishes one server from another.
pub(crate) struct Identity {
    pub(crate) clock: Clock,
    pub(crate) authority: Option<Authority>,
    pub(crate) origin: String,
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) path: String,
    pub(crate) audience_rule: bool,
}

impl State {
    pub(crate) fn new(identity: Identity, keys: KeyRing) -> Self {
        Self {
            clock: identity.clock,
            authority: identity.authority,
            origin: identity.origin,
            issuer: identity.issuer,
            audience: identity.audience,
            path: identity.path.trim_end_matches('/').to_owned(),
            policy: Lock::default(),
            clients: Lock::default(),
            seen_assertions: Lock::default(),
            keys: Lock::new(keys),
            tokens: Lock::default(),
            refresh_tokens: RefreshTokens::default(),
            preset_answers: Lock::default(),
            sessions: Sessions::default(),
            not_before: NotBefore::default(),
            subjects: Subjects::default(),
            permissions: Permissions::default(),
            security_events: SecurityEvents::default(),
            discovery: Lock::default(),
            endpoints: Endpoints::default(),
            audience_rule: AtomicBool::new(identity.audience_rule),
            connections: AtomicUsize::new(0),
        }
    }

    /// Where an endpoint is; of discovery, the OpenID Connect place.
    pub(crate) fn url(&self, endpoint: Endpoint) -> String {
        format!("{}{}{}", self.origin, self.path, endpoint.path())
    }

    /// Which endpoint a request target belongs to.
    pub(crate) fn route(&self, target: &str) -> Endpoint {
        // The absolute form of a proxy has the authority first.
        let target = target.strip_prefix(&self.origin).unwrap_or(target);
        let path = target.split('?').next().unwrap_or_default();
        if path.strip_prefix("/.well-known/oauth-authorization-server") == Some(&self.path) {
            return Endpoint::Discovery;
        }
        let uma = path.strip_suffix("/.well-known/uma2-configuration");
        if uma == Some(&self.path) {
            return Endpoint::Discovery;
        }
        // Behind the path of the issuer; the issuer itself may end in a slash.
        let below = path.strip_prefix(self.path.as_str());
        let below = if below == Some("/") { Some("") } else { below };
        let mut known = Endpoint::ALL
            .into_iter()
            .filter(|endpoint| *endpoint != Endpoint::Other);
        known
            .find(|endpoint| below == Some(endpoint.path()))
            .unwrap_or(Endpoint::Other)
    }

    pub(crate) fn add_client(&self, client: Client) {
        self.clients.lock().insert(client.id.clone(), client);
    }

    pub(crate) fn audience_rule(&self) -> bool {
        self.audience_rule.load(Ordering::SeqCst)
    }

    pub(crate) fn set_audience_rule(&self, on: bool) {
        self.audience_rule.store(on, Ordering::SeqCst);
    }

    pub(crate) fn connection_count(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn count_connection(&self) {
        self.connections.fetch_add(1, Ordering::SeqCst);
    }
}
