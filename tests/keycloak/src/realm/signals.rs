//! Shared Signals, from the side of a client that receives them.

use portcullis_real_servers::{expect_success, json, text_member};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use super::{Client, Realm};
use crate::SuiteError;

/// What a receiver may do: have a stream, and poll it.
const SCOPE: &str = "ssf.manage ssf.read";

/// A receiver's one stream of security events.
#[derive(Debug, Clone)]
pub struct Stream {
    /// Its id.
    pub id: String,
    /// What stands in `aud` of its events.
    pub audience: Value,
    /// Where events are pushed to, or polled from.
    pub endpoint: String,
}

impl Realm {
    /// What the realm publishes of itself as a transmitter (SSF 1.0 section 7).
    ///
    /// # Errors
    /// When the realm is none.
    pub async fn signals_metadata(&self) -> Result<Value, SuiteError> {
        self.get(&format!("{}/.well-known/ssf-configuration", self.issuer))
            .await
    }

    /// Gives a receiver a stream whose events Keycloak posts to `url` (RFC 8935), with this
    /// `Authorization`.
    ///
    /// # Errors
    /// When Keycloak refuses it, for example because the receiver has a stream.
    pub async fn create_push_stream(
        &self,
        client: Client<'_>,
        url: &str,
        authorization: &str,
    ) -> Result<Stream, SuiteError> {
        let delivery = json!({
            "method": "urn:ietf:rfc:8935",
            "endpoint_url": url,
            "authorization_header": authorization,
        });
        self.create_stream(client, &delivery).await
    }

    /// Gives a receiver a stream whose events it fetches (RFC 8936).
    ///
    /// # Errors
    /// When Keycloak refuses it, for example because the receiver has a stream.
    pub async fn create_poll_stream(&self, client: Client<'_>) -> Result<Stream, SuiteError> {
        let delivery = json!({ "method": "urn:ietf:rfc:8936" });
        self.create_stream(client, &delivery).await
    }

    /// Asks for the events about one subject, such as `{"format": "iss_sub", "iss": …, "sub": …}`.
    ///
    /// # Errors
    /// When Keycloak refuses it; that there is no such subject it does not tell.
    pub async fn add_subject(
        &self,
        client: Client<'_>,
        stream: &Stream,
        subject: &Value,
    ) -> Result<(), SuiteError> {
        let body = json!({ "stream_id": stream.id, "subject": subject });
        self.manage_stream("/subjects/add", client, &body).await
    }

    /// Has Keycloak send an event that says nothing but `state`.
    ///
    /// # Errors
    /// When Keycloak refuses it, for example because it is asked again within a minute.
    pub async fn verify_stream(
        &self,
        client: Client<'_>,
        stream: &Stream,
        state: &str,
    ) -> Result<(), SuiteError> {
        let body = json!({ "stream_id": stream.id, "state": state });
        self.manage_stream("/verify", client, &body).await
    }

    /// Polls a stream: `request` says what was understood and how many events are wanted.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn poll(
        &self,
        client: Client<'_>,
        stream: &Stream,
        request: &Value,
    ) -> Result<Value, SuiteError> {
        let token = self.signals_token(client).await?;
        let response = self.signals(&stream.endpoint, &token, request);
        json("polling a stream", response.await?).await
    }

    /// With which status a poll with this token is answered.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn poll_status(
        &self,
        stream: &Stream,
        token: &str,
    ) -> Result<StatusCode, SuiteError> {
        let response = self.signals(&stream.endpoint, token, &json!({})).await?;
        Ok(response.status())
    }

    async fn create_stream(
        &self,
        client: Client<'_>,
        delivery: &Value,
    ) -> Result<Stream, SuiteError> {
        const EVENTS: &str = "https://schemas.openid.net/secevent/caep/event-type/";
        let doing = "creating a stream";
        let url = format!("{}/ssf/transmitter/streams", self.issuer);
        let body = json!({
            "delivery": delivery,
            "events_requested": [
                format!("{EVENTS}session-revoked"),
                format!("{EVENTS}credential-change"),
            ],
        });
        let token = self.signals_token(client).await?;
        let response = self.signals(&url, &token, &body).await?;
        let answer = json(doing, response).await?;
        let delivery = answer.get("delivery").unwrap_or(&Value::Null);
        Ok(Stream {
            id: text_member(doing, &answer, "stream_id")?,
            audience: answer.get("aud").cloned().unwrap_or_default(),
            endpoint: text_member(doing, delivery, "endpoint_url")?,
        })
    }

    async fn manage_stream(
        &self,
        path: &str,
        client: Client<'_>,
        body: &Value,
    ) -> Result<(), SuiteError> {
        let url = format!("{}/ssf/transmitter{path}", self.issuer);
        let token = self.signals_token(client).await?;
        let response = self.signals(&url, &token, body).await?;
        expect_success(&url, response).await.map(drop)
    }

    async fn signals_token(&self, client: Client<'_>) -> Result<String, SuiteError> {
        let tokens = self.client_credentials_for(client, SCOPE).await?;
        Ok(tokens.access)
    }

    async fn signals(&self, url: &str, token: &str, body: &Value) -> Result<Response, SuiteError> {
        let request = self.http.post(url).bearer_auth(token);
        let response = request.json(body).send().await;
        response.map_err(SuiteError::http(format!("asking {url}")))
    }
}
