//! What a client does with a server.

use portcullis_real_servers::{expect_success, http_client_with, json, text_member, with_basic};
use reqwest::{RequestBuilder, Response, header::HeaderMap};
use serde_json::{Value, json};

use crate::{Server, SuiteError};

/// A client that authenticates with `client_secret_basic`.
#[derive(Debug, Clone)]
pub struct Client {
    issuer: String,
    id: String,
    secret: String,
    http: reqwest::Client,
}

/// What the token endpoint gave for a refresh token.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
    /// The ID token.
    pub id: String,
}

impl Client {
    /// The client of this id at `server`. It trusts whatever certificate the server has: it is the
    /// library that is tested.
    ///
    /// # Errors
    /// When no HTTP client can be built.
    pub fn new(server: &Server, id: &str, secret: &str) -> Result<Self, SuiteError> {
        Ok(Self {
            issuer: server.issuer().to_owned(),
            id: id.to_owned(),
            secret: secret.to_owned(),
            http: http_client_with(|client| client.tls_danger_accept_invalid_certs(true))?,
        })
    }

    /// A token for the client itself, for one resource or none.
    ///
    /// # Errors
    /// When the server gives none.
    pub async fn client_credentials(
        &self,
        resource: Option<&str>,
        scope: &str,
    ) -> Result<String, SuiteError> {
        self.bound_token(resource, scope, HeaderMap::new()).await
    }

    /// The same bound to what these headers prove (`DPoP`, RFC 9449 §5).
    ///
    /// # Errors
    /// When the server gives none.
    pub async fn bound_token(
        &self,
        resource: Option<&str>,
        scope: &str,
        proof: HeaderMap,
    ) -> Result<String, SuiteError> {
        let mut form = vec![("grant_type", "client_credentials"), ("scope", scope)];
        form.extend(resource.map(|resource| ("resource", resource)));
        let doing = "client credentials";
        let request = self.request("/token", &form).headers(proof);
        let response = request.send().await.map_err(SuiteError::http(doing))?;
        let answer = json(doing, response).await?;
        text_member(doing, &answer, "access_token")
    }

    /// Tokens for a user who consented.
    ///
    /// # Errors
    /// When the server gives none.
    pub async fn user_tokens(
        &self,
        user: &str,
        resource: &str,
        scope: &str,
    ) -> Result<Tokens, SuiteError> {
        let doing = "a user's consent";
        let consent = json!({
            "user": user,
            "client_id": self.id,
            "resource": resource,
            "scope": scope,
        });
        let url = format!("{}/control/consents", self.issuer);
        let response = self.http.post(url).json(&consent).send().await;
        let answer = json(doing, response.map_err(SuiteError::http(doing))?).await?;
        let refresh = text_member(doing, &answer, "refresh_token")?;

        let form = [("grant_type", "refresh_token"), ("refresh_token", &refresh)];
        let doing = "refreshing";
        let answer = json(doing, self.post("/token", &form).await?).await?;
        Ok(Tokens {
            access: text_member(doing, &answer, "access_token")?,
            refresh: text_member(doing, &answer, "refresh_token")?,
            id: text_member(doing, &answer, "id_token")?,
        })
    }

    /// Revokes one token of this client.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn revoke(&self, token: &str) -> Result<(), SuiteError> {
        let response = self.post("/token/revocation", &[("token", token)]).await?;
        expect_success("revoking", response).await.map(drop)
    }

    /// What the server says about a token.
    ///
    /// # Errors
    /// When it refuses to say anything.
    pub async fn introspect(&self, token: &str) -> Result<Value, SuiteError> {
        let response = self
            .post("/token/introspection", &[("token", token)])
            .await?;
        json("introspecting", response).await
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Result<Response, SuiteError> {
        let sent = self.request(path, form).send().await;
        sent.map_err(SuiteError::http(format!("POST {path} as {}", self.id)))
    }

    fn request(&self, path: &str, form: &[(&str, &str)]) -> RequestBuilder {
        let request = self.http.post(format!("{}{path}", self.issuer));
        with_basic(request, &self.id, &self.secret).form(form)
    }
}
