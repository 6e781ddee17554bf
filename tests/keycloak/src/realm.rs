//! What clients do with a realm.

use portcullis_real_servers::{expect_success, http_client, http_client_with, json, with_basic};
use reqwest::{Certificate, ClientBuilder, Identity, Response, header::HeaderMap};
use serde_json::Value;

use crate::{Server, SuiteError};

mod bound;
mod browser;
mod endings;
mod grants;
mod introspection;
mod sharing;
mod signals;

pub use self::{browser::Browser, signals::Stream};

/// The realm of the suite: `realm/shop.json`, which `start-dev --import-realm` takes as well.
pub const SHOP: &str = include_str!("../realm/shop.json");

/// A client of the realm, with its secret unless it is public.
#[derive(Debug, Clone, Copy)]
pub struct Client<'a> {
    /// The client id.
    pub id: &'a str,
    /// The secret, as configured.
    pub secret: Option<&'a str>,
}

impl<'a> Client<'a> {
    /// A client without a secret.
    #[must_use]
    pub const fn public(id: &'a str) -> Self {
        Self { id, secret: None }
    }

    /// A client with a secret.
    #[must_use]
    pub const fn confidential(id: &'a str, secret: &'a str) -> Self {
        Self {
            id,
            secret: Some(secret),
        }
    }
}

/// What a token endpoint gave.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The access token.
    pub access: String,
    /// The refresh token; a client that acts for itself mostly gets none.
    pub refresh: Option<String>,
    /// The ID token, where `openid` was asked for and there is a user.
    pub id: Option<String>,
}

/// The endpoints of one realm.
#[derive(Debug, Clone)]
pub struct Realm {
    issuer: String,
    http: reqwest::Client,
}

impl Realm {
    /// The realm `name` of `server`.
    ///
    /// # Errors
    /// When no HTTP client can be built.
    pub fn new(server: &Server, name: &str) -> Result<Self, SuiteError> {
        Ok(Self {
            issuer: format!("{}/realms/{name}", server.base_url()),
            http: http_client()?,
        })
    }

    /// The same realm at the server's https address, with the issuer that belongs to it.
    ///
    /// # Errors
    /// When no HTTP client can be built.
    pub fn over_tls(server: &Server, name: &str) -> Result<Self, SuiteError> {
        Self::over_tls_with(server, name, |client| client)
    }

    /// The same for clients that show this certificate, with its key behind it, both as PEM.
    ///
    /// # Errors
    /// When no HTTP client can be built.
    pub fn presenting(server: &Server, name: &str, pem: &str) -> Result<Self, SuiteError> {
        let identity = Identity::from_pem(pem.as_bytes())
            .map_err(SuiteError::http("reading a client's certificate"))?;
        Self::over_tls_with(server, name, |client| client.identity(identity))
    }

    fn over_tls_with(
        server: &Server,
        name: &str,
        settings: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Result<Self, SuiteError> {
        let root = Certificate::from_pem(server.authority().pem().as_bytes())
            .map_err(SuiteError::http("reading the authority's certificate"))?;
        Ok(Self {
            issuer: format!("{}/realms/{name}", server.https_url()),
            http: http_client_with(|client| settings(client.tls_certs_only([root])))?,
        })
    }

    /// The issuer of its tokens.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// What it publishes of itself.
    ///
    /// # Errors
    /// When Keycloak does not answer.
    pub async fn metadata(&self) -> Result<Value, SuiteError> {
        self.get(&format!("{}/.well-known/openid-configuration", self.issuer))
            .await
    }

    /// What stands at the address of the realm itself, its cut-off among it (`tokens-not-before`).
    ///
    /// # Errors
    /// When Keycloak does not answer.
    pub async fn document(&self) -> Result<Value, SuiteError> {
        self.get(&self.issuer).await
    }

    /// The published keys.
    ///
    /// # Errors
    /// When Keycloak does not answer.
    pub async fn keys(&self) -> Result<Value, SuiteError> {
        self.get(&self.endpoint("/certs")).await
    }

    async fn get(&self, url: &str) -> Result<Value, SuiteError> {
        let doing = format!("GET {url}");
        let response = self.http.get(url).send().await;
        json(&doing, response.map_err(SuiteError::http(&doing))?).await
    }

    async fn post(
        &self,
        path: &str,
        client: Client<'_>,
        form: &[(&str, &str)],
    ) -> Result<Response, SuiteError> {
        self.post_with(HeaderMap::new(), path, client, form).await
    }

    async fn post_with(
        &self,
        headers: HeaderMap,
        path: &str,
        client: Client<'_>,
        form: &[(&str, &str)],
    ) -> Result<Response, SuiteError> {
        let mut form = form.to_vec();
        let mut request = self.http.post(self.endpoint(path));
        match client.secret {
            Some(secret) => request = with_basic(request, client.id, secret),
            None => form.push(("client_id", client.id)),
        }
        let doing = format!("POST {path} as {}", client.id);
        let response = request
            .headers(headers)
            .form(&form)
            .send()
            .await
            .map_err(SuiteError::http(&doing))?;
        expect_success(&doing, response).await
    }

    fn endpoint(&self, path: &str) -> String {
        format!("{}/protocol/openid-connect{path}", self.issuer)
    }
}
