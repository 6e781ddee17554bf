//! What clients do with a realm.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{RequestBuilder, Response, header};
use serde_json::Value;

use crate::{Server, SuiteError, User};

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
        let form = [
            ("grant_type", "password"),
            ("username", name),
            ("password", password),
            ("scope", "openid"),
        ];
        self.tokens(client, &form).await
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

    /// What Keycloak says about a token to `client`.
    ///
    /// # Errors
    /// When Keycloak refuses to say anything, for example because the secret is wrong.
    pub async fn introspect(&self, client: Client<'_>, token: &str) -> Result<Value, SuiteError> {
        let response = self
            .post("/token/introspect", client, &[("token", token)])
            .await?;
        json("introspecting", response).await
    }

    /// The published keys.
    ///
    /// # Errors
    /// When Keycloak does not answer.
    pub async fn keys(&self) -> Result<Value, SuiteError> {
        let doing = "fetching the key set";
        let response = self
            .http
            .get(self.endpoint("/certs"))
            .send()
            .await
            .map_err(SuiteError::http(doing))?;
        json(doing, response).await
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
        if client.secret.is_none() {
            form.push(("client_id", client.id));
        } else {
            request = authenticated(request, client);
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

/// RFC 6749 §2.3.1: id and secret are form-encoded before they become a Basic pair.
fn authenticated(request: RequestBuilder, client: Client<'_>) -> RequestBuilder {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!(
        "{}:{}",
        encode(client.id),
        encode(client.secret.unwrap_or_default())
    );
    request.header(
        header::AUTHORIZATION,
        format!("Basic {}", STANDARD.encode(pair)),
    )
}

pub(crate) fn http_client() -> Result<reqwest::Client, SuiteError> {
    reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(30))
        .build()
        .map_err(SuiteError::http("building an HTTP client"))
}

pub(crate) async fn expect_success(
    doing: &str,
    response: Response,
) -> Result<Response, SuiteError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    Err(SuiteError::Status {
        doing: doing.to_owned(),
        status,
        body: response.text().await.unwrap_or_default(),
    })
}

pub(crate) async fn json(doing: &str, response: Response) -> Result<Value, SuiteError> {
    let response = expect_success(doing, response).await?;
    response.json().await.map_err(SuiteError::http(doing))
}

pub(crate) fn text_member(
    doing: &str,
    body: &Value,
    member: &'static str,
) -> Result<String, SuiteError> {
    body.get(member)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| SuiteError::Missing {
            doing: doing.to_owned(),
            member,
            body: body.to_string(),
        })
}
