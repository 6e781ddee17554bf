//! Tokens that are bound to a key (DPoP, RFC 9449 §5).

use portcullis_real_servers::json;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::{Client, Realm, Tokens, grants::tokens_of};
use crate::{SuiteError, User};

impl Realm {
    /// Where tokens are asked for: what a proof for it has to name.
    #[must_use]
    pub fn token_endpoint(&self) -> String {
        self.endpoint("/token")
    }

    /// Logs a user in; the tokens are bound to the key that the proof is signed with.
    ///
    /// # Errors
    /// When Keycloak gives no tokens.
    pub async fn log_in_with_proof(
        &self,
        client: Client<'_>,
        user: &User,
        proof: &str,
    ) -> Result<Tokens, SuiteError> {
        let form = [
            ("grant_type", "password"),
            ("username", &user.name),
            ("password", &user.password),
            ("scope", "openid"),
        ];
        self.tokens_with_proof(client, &form, proof).await
    }

    /// New tokens for a refresh token, bound to the key that the proof is signed with.
    ///
    /// # Errors
    /// When Keycloak gives no tokens.
    pub async fn refresh_with_proof(
        &self,
        client: Client<'_>,
        refresh: &str,
        proof: &str,
    ) -> Result<Tokens, SuiteError> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
        self.tokens_with_proof(client, &form, proof).await
    }

    async fn tokens_with_proof(
        &self,
        client: Client<'_>,
        form: &[(&str, &str)],
        proof: &str,
    ) -> Result<Tokens, SuiteError> {
        let mut headers = HeaderMap::new();
        if let Ok(proof) = HeaderValue::try_from(proof) {
            headers.insert(HeaderName::from_static("dpop"), proof);
        }
        let doing = format!("a bound token for {}", client.id);
        let response = self.post_with(headers, "/token", client, form).await?;
        tokens_of(&doing, &json(&doing, response).await?)
    }
}
