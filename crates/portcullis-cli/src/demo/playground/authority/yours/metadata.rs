//! Where the server has what (OpenID Connect Discovery §3).

use reqwest::{Client, Url};
use serde::Deserialize;

use crate::demo::DemoError;

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    revocation_endpoint: String,
    end_session_endpoint: String,
}

/// The endpoints that a login and its end need.
#[derive(Debug)]
pub(super) struct Metadata {
    pub(super) authorization_endpoint: Url,
    pub(super) token_endpoint: Url,
    pub(super) revocation_endpoint: Url,
    pub(super) end_session_endpoint: Url,
}

impl Metadata {
    /// Asks the issuer. All endpoints have to be at its own origin: credentials go nowhere else.
    pub(super) async fn fetch(http: &Client, issuer: &str) -> Result<Self, DemoError> {
        let address = format!("{issuer}/.well-known/openid-configuration");
        let answer = http.get(address).send().await?.error_for_status()?;
        let document: Document = answer.json().await?;
        if document.issuer != issuer {
            return Err(DemoError::Metadata("they name another issuer"));
        }
        let home = Url::parse(issuer).map_err(|_| DemoError::Metadata("the issuer is no URL"))?;
        let endpoint = |address: &str| match Url::parse(address) {
            Ok(url) if url.origin() == home.origin() => Ok(url),
            _ => Err(DemoError::Metadata("an endpoint is at another origin")),
        };
        Ok(Self {
            authorization_endpoint: endpoint(&document.authorization_endpoint)?,
            token_endpoint: endpoint(&document.token_endpoint)?,
            revocation_endpoint: endpoint(&document.revocation_endpoint)?,
            end_session_endpoint: endpoint(&document.end_session_endpoint)?,
        })
    }
}
