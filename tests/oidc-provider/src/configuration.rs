use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

/// What a server is set up with; `server/server.mjs` reads it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Configuration {
    /// The names of the keys it publishes, the one that signs first.
    keys: Vec<Value>,
    signs_introspection: bool,
    wants_nonces: bool,
    clients: Vec<Value>,
    resources: BTreeMap<String, Resource>,
    tls: Option<Tls>,
}

/// What tokens for a resource (RFC 8707) look like.
#[derive(Debug, Clone, Serialize)]
pub struct Resource {
    format: &'static str,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    alg: Option<&'static str>,
}

impl Resource {
    /// Opaque tokens with these scopes.
    #[must_use]
    pub fn opaque(scope: &str) -> Self {
        Self {
            format: "opaque",
            scope: scope.to_owned(),
            alg: None,
        }
    }

    /// JWTs (RFC 9068) with these scopes, signed with this algorithm.
    #[must_use]
    pub fn jwt(scope: &str, algorithm: &'static str) -> Self {
        Self {
            format: "jwt",
            scope: scope.to_owned(),
            alg: Some(algorithm),
        }
    }
}

/// The server's certificate and whom it trusts as an issuer of client certificates, in PEM.
#[derive(Debug, Clone, Serialize)]
pub struct Tls {
    /// Its private key.
    pub key: String,
    /// Its certificate.
    pub cert: String,
    /// The authority that certifies clients.
    pub ca: String,
}

impl Default for Configuration {
    /// A server without clients and resources, with one key, for RS256.
    fn default() -> Self {
        Self {
            keys: vec![signing_key("first", "RS256")],
            signs_introspection: true,
            wants_nonces: false,
            clients: Vec::new(),
            resources: BTreeMap::new(),
            tls: None,
        }
    }
}

impl Configuration {
    /// Has one key for each of these algorithms.
    #[must_use]
    pub fn signing_with(mut self, algorithms: &[&str]) -> Self {
        self.set_keys("first", algorithms);
        self
    }

    /// Knows nothing of RFC 9701: it answers introspection in JSON, whatever it is asked for.
    #[must_use]
    pub fn without_signed_introspection(mut self) -> Self {
        self.signs_introspection = false;
        self
    }

    /// Takes a DPoP proof only with a nonce of its own (RFC 9449 §8).
    #[must_use]
    pub fn wanting_nonces(mut self) -> Self {
        self.wants_nonces = true;
        self
    }

    /// Registers a client with these members of its metadata (RFC 7591 §2) beside what all have.
    #[must_use]
    pub fn client(mut self, id: &str, metadata: Value) -> Self {
        let mut client = json!({
            "client_id": id,
            "grant_types": [],
            "response_types": [],
            "redirect_uris": [],
        });
        if let (Some(client), Value::Object(metadata)) = (client.as_object_mut(), metadata) {
            client.extend(metadata);
        }
        self.clients.push(client);
        self
    }

    /// Adds a resource that tokens can be for.
    #[must_use]
    pub fn resource(mut self, indicator: &str, resource: Resource) -> Self {
        self.resources.insert(indicator.to_owned(), resource);
        self
    }

    /// Listens with TLS and asks clients for certificates.
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Whether it listens with TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.tls.is_some()
    }

    /// Puts a key of this generation before all others, for each algorithm.
    pub(crate) fn add_keys(&mut self, generation: &str, algorithms: &[&str]) {
        let older = std::mem::take(&mut self.keys);
        self.set_keys(generation, algorithms);
        self.keys.extend(older);
    }

    /// Publishes the keys of this generation alone.
    pub(crate) fn set_keys(&mut self, generation: &str, algorithms: &[&str]) {
        let keys = algorithms.iter().map(|alg| signing_key(generation, alg));
        self.keys = keys.collect();
    }
}

fn signing_key(generation: &str, algorithm: &str) -> Value {
    json!({ "kid": format!("{generation}-{algorithm}"), "alg": algorithm })
}
