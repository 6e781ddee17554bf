//! What a client does with a server.

use portcullis_real_servers::{expect_success, http_client_with, json, text_member, with_basic};
use reqwest::{Identity, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::{Certificate, Server, SuiteError};

const ASKING: &str = "client credentials";

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

    /// The same with this certificate in all its connections (RFC 8705).
    ///
    /// # Errors
    /// When no HTTP client can be built.
    pub fn presenting(mut self, certificate: &Certificate) -> Result<Self, SuiteError> {
        let identity = Identity::from_pem(certificate.pem().as_bytes());
        let identity = identity.map_err(SuiteError::http("reading a client's certificate"))?;
        self.http = http_client_with(|client| {
            client
                .tls_danger_accept_invalid_certs(true)
                .identity(identity)
        })?;
        Ok(self)
    }

    /// Where it asks for tokens.
    #[must_use]
    pub fn token_endpoint(&self) -> String {
        format!("{}/token", self.issuer)
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
        let response = self.ask_for_token(resource, scope, None).await?;
        access_token(response).await
    }

    /// The same bound to the key that signs the proofs (DPoP, RFC 9449 §5). `proof` makes one, with
    /// the nonce that the server has asked for (§8).
    ///
    /// # Errors
    /// When the server gives none.
    pub async fn dpop_bound_token(
        &self,
        resource: &str,
        scope: &str,
        proof: impl Fn(Option<&str>) -> String,
    ) -> Result<String, SuiteError> {
        let resource = Some(resource);
        let without = proof(None);
        let mut response = self.ask_for_token(resource, scope, Some(without)).await?;
        if response.status() == StatusCode::BAD_REQUEST
            && let Some(nonce) = response.headers().get("dpop-nonce")
        {
            let with = proof(nonce.to_str().ok());
            response = self.ask_for_token(resource, scope, Some(with)).await?;
        }
        access_token(response).await
    }

    async fn ask_for_token(
        &self,
        resource: Option<&str>,
        scope: &str,
        proof: Option<String>,
    ) -> Result<Response, SuiteError> {
        let mut form = vec![("grant_type", "client_credentials"), ("scope", scope)];
        form.extend(resource.map(|resource| ("resource", resource)));
        let mut request = self.request("/token", &form);
        if let Some(proof) = proof {
            request = request.header("dpop", proof);
        }
        request.send().await.map_err(SuiteError::http(ASKING))
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

async fn access_token(response: Response) -> Result<String, SuiteError> {
    let answer = json(ASKING, response).await?;
    text_member(ASKING, &answer, "access_token")
}
