//! What clients do with a realm.

use portcullis_real_servers::{
    expect_success, http_client, http_client_with, json, text_member, with_basic,
};
use reqwest::{Certificate, Response};
use serde_json::Value;

use crate::{Server, SuiteError, User};

mod introspection;

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
    /// The refresh token; a client that acts for itself gets none.
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
        let root = Certificate::from_pem(server.authority().pem().as_bytes())
            .map_err(SuiteError::http("reading the authority's certificate"))?;
        Ok(Self {
            issuer: format!("{}/realms/{name}", server.https_url()),
            http: http_client_with(|client| client.tls_certs_only([root]))?,
        })
    }

    /// The issuer of its tokens.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Logs a user in through `client`.
    ///
    /// # Errors
    /// When Keycloak gives no tokens.
    pub async fn log_in(&self, client: Client<'_>, user: &User) -> Result<Tokens, SuiteError> {
        self.log_in_as(client, &user.name, &user.password).await
    }

    /// Logs in with a name and a password, for the users of the realm file.
    ///
    /// # Errors
    /// When Keycloak gives no tokens.
    pub async fn log_in_as(
        &self,
        client: Client<'_>,
        name: &str,
        password: &str,
    ) -> Result<Tokens, SuiteError> {
        self.log_in_for(client, name, password, "openid").await
    }

    /// Logs in for a scope, such as `openid offline_access`.
    ///
    /// # Errors
    /// When Keycloak gives no tokens.
    pub async fn log_in_for(
        &self,
        client: Client<'_>,
        name: &str,
        password: &str,
        scope: &str,
    ) -> Result<Tokens, SuiteError> {
        let form = [
            ("grant_type", "password"),
            ("username", name),
            ("password", password),
            ("scope", scope),
        ];
        self.tokens(client, &form).await
    }

    /// A requesting party token (UMA 2.0) with everything the bearer of an access token may do at
    /// the resource server `audience`.
    ///
    /// # Errors
    /// When Keycloak gives no token, for example because there is nothing the bearer may do.
    pub async fn requesting_party_token(
        &self,
        access_token: &str,
        audience: &str,
    ) -> Result<String, SuiteError> {
        let doing = "a requesting party token";
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:uma-ticket"),
            ("audience", audience),
        ];
        let request = self
            .http
            .post(self.endpoint("/token"))
            .bearer_auth(access_token);
        let response = request
            .form(&form)
            .send()
            .await
            .map_err(SuiteError::http(doing))?;
        let answer = json(doing, response).await?;
        text_member(doing, &answer, "access_token")
    }

    /// A token for the client itself.
    ///
    /// # Errors
    /// When Keycloak gives no token.
    pub async fn client_credentials(&self, client: Client<'_>) -> Result<Tokens, SuiteError> {
        self.tokens(client, &[("grant_type", "client_credentials")])
            .await
    }

    /// New tokens for a refresh token.
    ///
    /// # Errors
    /// When Keycloak gives no tokens.
    pub async fn refresh(&self, client: Client<'_>, refresh: &str) -> Result<Tokens, SuiteError> {
        self.tokens(
            client,
            &[("grant_type", "refresh_token"), ("refresh_token", refresh)],
        )
        .await
    }

    /// Ends the session of a refresh token, as the user does.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn log_out(&self, client: Client<'_>, refresh: &str) -> Result<(), SuiteError> {
        self.post("/logout", client, &[("refresh_token", refresh)])
            .await
            .map(drop)
    }

    /// Revokes one token.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn revoke(&self, client: Client<'_>, token: &str) -> Result<(), SuiteError> {
        let form = [("token", token), ("token_type_hint", "access_token")];
        self.post("/revoke", client, &form).await.map(drop)
    }

    /// What it publishes of itself.
    ///
    /// # Errors
    /// When Keycloak does not answer.
    pub async fn metadata(&self) -> Result<Value, SuiteError> {
        self.get(&format!("{}/.well-known/openid-configuration", self.issuer))
            .await
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

    async fn tokens(
        &self,
        client: Client<'_>,
        form: &[(&str, &str)],
    ) -> Result<Tokens, SuiteError> {
        let doing = format!("a token for {}", client.id);
        let answer = json(&doing, self.post("/token", client, form).await?).await?;
        Ok(Tokens {
            access: text_member(&doing, &answer, "access_token")?,
            refresh: text_member(&doing, &answer, "refresh_token").ok(),
            id: text_member(&doing, &answer, "id_token").ok(),
        })
    }

    async fn post(
        &self,
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
