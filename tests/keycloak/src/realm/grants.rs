//! The ways to tokens.

use portcullis_real_servers::{json, text_member};
use reqwest::StatusCode;
use serde_json::Value;

use super::{Client, Realm, Tokens};
use crate::{SuiteError, User};

impl Realm {
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
        self.requesting_party_token_for(access_token, ("audience", audience))
            .await
    }

    /// The same with what a permission ticket was issued for.
    ///
    /// # Errors
    /// When Keycloak gives no token, for example because the bearer may not do that.
    pub async fn exchange_ticket(
        &self,
        access_token: &str,
        ticket: &str,
    ) -> Result<String, SuiteError> {
        self.requesting_party_token_for(access_token, ("ticket", ticket))
            .await
    }

    /// What Keycloak answers to the question whether the bearer of an access token has a permission at
    /// the resource server `audience` (`response_mode=decision`).
    ///
    /// # Errors
    /// When there is no answer, or one that is not JSON.
    pub async fn permission_decision(
        &self,
        access_token: &str,
        audience: &str,
        permission: &str,
    ) -> Result<(StatusCode, Value), SuiteError> {
        let doing = "a decision about a permission";
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:uma-ticket"),
            ("audience", audience),
            ("permission", permission),
            ("response_mode", "decision"),
        ];
        let request = self.http.post(self.endpoint("/token"));
        let request = request.bearer_auth(access_token).form(&form);
        let response = request.send().await.map_err(SuiteError::http(doing))?;
        let status = response.status();
        let body = response.json().await.map_err(SuiteError::http(doing))?;
        Ok((status, body))
    }

    async fn requesting_party_token_for(
        &self,
        access_token: &str,
        wanted: (&str, &str),
    ) -> Result<String, SuiteError> {
        let doing = "a requesting party token";
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:uma-ticket"),
            wanted,
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

    /// A token for the client itself; with `client_credentials.use_refresh_token=true` it has a session
    /// and a refresh token.
    ///
    /// # Errors
    /// When Keycloak gives no token.
    pub async fn client_credentials(&self, client: Client<'_>) -> Result<Tokens, SuiteError> {
        self.tokens(client, &[("grant_type", "client_credentials")])
            .await
    }

    /// The same for a scope.
    ///
    /// # Errors
    /// When Keycloak gives no token.
    pub async fn client_credentials_for(
        &self,
        client: Client<'_>,
        scope: &str,
    ) -> Result<Tokens, SuiteError> {
        let form = [("grant_type", "client_credentials"), ("scope", scope)];
        self.tokens(client, &form).await
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

    /// New tokens for a refresh token with less scope than it has.
    ///
    /// # Errors
    /// When Keycloak gives no tokens.
    pub async fn refresh_for(
        &self,
        client: Client<'_>,
        refresh: &str,
        scope: &str,
    ) -> Result<Tokens, SuiteError> {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh),
            ("scope", scope),
        ];
        self.tokens(client, &form).await
    }

    /// Exchanges an access token of another client for one of `client`, in the same session
    /// (RFC 8693). `client` stands in the token's `aud` and has
    /// `standard.token.exchange.enabled=true`.
    ///
    /// # Errors
    /// When Keycloak gives no token.
    pub async fn exchange(
        &self,
        client: Client<'_>,
        access_token: &str,
    ) -> Result<Tokens, SuiteError> {
        self.exchange_for(client, access_token, "access_token")
            .await
    }

    /// The same with a refresh token, by which `client` joins the session: it needs
    /// `standard.token.exchange.enableRefreshRequestedTokenType=SAME_SESSION`.
    ///
    /// # Errors
    /// When Keycloak gives no tokens.
    pub async fn exchange_and_join(
        &self,
        client: Client<'_>,
        access_token: &str,
    ) -> Result<Tokens, SuiteError> {
        self.exchange_for(client, access_token, "refresh_token")
            .await
    }

    async fn exchange_for(
        &self,
        client: Client<'_>,
        access_token: &str,
        wanted: &str,
    ) -> Result<Tokens, SuiteError> {
        const TYPE: &str = "urn:ietf:params:oauth:token-type:";
        let form = [
            (
                "grant_type",
                "urn:ietf:params:oauth:grant-type:token-exchange",
            ),
            ("subject_token", access_token),
            ("subject_token_type", &format!("{TYPE}access_token")),
            ("requested_token_type", &format!("{TYPE}{wanted}")),
        ];
        self.tokens(client, &form).await
    }

    pub(super) async fn tokens(
        &self,
        client: Client<'_>,
        form: &[(&str, &str)],
    ) -> Result<Tokens, SuiteError> {
        let doing = format!("a token for {}", client.id);
        let answer = json(&doing, self.post("/token", client, form).await?).await?;
        tokens_of(&doing, &answer)
    }
}

/// The tokens in an answer.
pub(super) fn tokens_of(doing: &str, answer: &Value) -> Result<Tokens, SuiteError> {
    Ok(Tokens {
        access: text_member(doing, answer, "access_token")?,
        refresh: text_member(doing, answer, "refresh_token").ok(),
        id: text_member(doing, answer, "id_token").ok(),
    })
}
