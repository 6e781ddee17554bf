//! What a protected resource tells of itself (RFC 9728).

use std::sync::Arc;

use serde_json::{Map, Value, json};
use url::Url;

use crate::{ConfigError, Dpop, Scope, http_client::ServerUrl};

/// The metadata of a protected resource (RFC 9728): where its clients get tokens, and which. The
/// adapters serve it (`portcullis_axum::resource_metadata_route`), and challenges name its address
/// ([`AuthenticateLayer::resource_metadata`](crate::AuthenticateLayer::resource_metadata)), so that
/// a client which knows nothing but an address can find its way.
///
/// Everything in it is what was configured: nothing a request says of its host changes it. Cheap
/// to clone.
#[derive(Debug, Clone)]
pub struct ResourceMetadata {
    address: Arc<Url>,
    members: Map<String, Value>,
}

impl ResourceMetadata {
    const WELL_KNOWN: &'static str = "/.well-known/oauth-protected-resource";

    /// Of the resource that its clients know under this identifier: its address, and the audience of
    /// its tokens where the server goes by RFC 8707. Tokens come in the `Authorization` header
    /// unless [`bearer_methods`](Self::bearer_methods) says otherwise.
    ///
    /// # Errors
    /// When it is no `https` address (plain `http` for literal loopback addresses only), or has a
    /// fragment (RFC 9728 §1.2).
    pub fn of(resource: &str) -> Result<Self, ConfigError> {
        let server = ServerUrl::configured("resource_metadata", resource, false)?;
        let mut address = server.url().clone();
        let path = server.url().path().trim_end_matches('/');
        address.set_path(&format!("{}{path}", Self::WELL_KNOWN));
        let mut members = Map::new();
        members.insert("resource".to_owned(), json!(resource));
        members.insert("bearer_methods_supported".to_owned(), json!(["header"]));
        Ok(Self {
            address: Arc::new(address),
            members,
        })
    }

    /// An authorization server that issues tokens for it, by its issuer, letter for letter.
    #[must_use]
    pub fn authorization_server(self, issuer: &str) -> Self {
        self.append("authorization_servers", [issuer])
    }

    /// The scopes that clients may ask for.
    ///
    /// # Errors
    /// When there is none, or one of them is not a scope name, see [`Scope::of`].
    pub fn scopes<N: AsRef<str>>(
        self,
        names: impl IntoIterator<Item = N>,
    ) -> Result<Self, ConfigError> {
        let scope = Scope::of(names)?;
        Ok(self.append("scopes_supported", scope.iter()))
    }

    /// Where tokens are taken from: `header`, `body`, `query`; an empty list says that no bearer
    /// tokens are.
    #[must_use]
    pub fn bearer_methods<M: Into<String>>(self, methods: impl IntoIterator<Item = M>) -> Self {
        let methods: Vec<String> = methods.into_iter().map(Into::into).collect();
        self.with("bearer_methods_supported", json!(methods))
    }

    /// That tokens may be bound to keys, and proofs be made as these settings want it.
    #[must_use]
    pub fn dpop(self, dpop: &Dpop) -> Self {
        let algorithms: Vec<_> = dpop.algorithm_names().collect();
        self.with("dpop_signing_alg_values_supported", json!(algorithms))
    }

    /// That tokens have to be bound to keys.
    #[must_use]
    pub fn dpop_required(self) -> Self {
        self.with("dpop_bound_access_tokens_required", json!(true))
    }

    /// That tokens may be bound to client certificates.
    #[must_use]
    pub fn client_certificates(self) -> Self {
        self.with("tls_client_certificate_bound_access_tokens", json!(true))
    }

    /// Any other member (RFC 9728 §2), such as `resource_name` or `resource_documentation`. An
    /// empty array or object, and `null`, are left out (§3.2).
    #[must_use]
    pub fn member(self, name: &str, value: Value) -> Self {
        let is_empty = match &value {
            Value::Null => true,
            Value::Array(values) => values.is_empty(),
            Value::Object(members) => members.is_empty(),
            _ => false,
        };
        if is_empty || name == "resource" {
            return self;
        }
        self.with(name, value)
    }

    /// Where the metadata is served: the well-known part stands between host and path (RFC 9728
    /// §3).
    #[must_use]
    pub fn url(&self) -> &str {
        self.address.as_str()
    }

    /// The path of that address.
    #[must_use]
    pub fn path(&self) -> &str {
        self.address.path()
    }

    /// The query of that address, where the resource's identifier has one.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.address.query()
    }

    /// The document, as `application/json`.
    #[must_use]
    pub fn to_json(&self) -> String {
        Value::Object(self.members.clone()).to_string()
    }

    fn with(mut self, name: &str, value: Value) -> Self {
        self.members.insert(name.to_owned(), value);
        self
    }

    fn append<'a>(mut self, name: &str, more: impl IntoIterator<Item = &'a str>) -> Self {
        let list = self.members.entry(name).or_insert_with(|| json!([]));
        if let Value::Array(list) = list {
            list.extend(more.into_iter().map(Value::from));
        }
        self
    }
}
