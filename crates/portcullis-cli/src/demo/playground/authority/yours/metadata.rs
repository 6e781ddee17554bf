//! Where the server has what (OpenID Connect Discovery §3).

use bytes::Bytes;
use http::{Request, StatusCode, header};
use portcullis::{HttpClient, ReqwestClient};
use serde::Deserialize;
use url::Url;

use super::LIMITS;
use crate::demo::DemoError;

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    revocation_endpoint: String,
    end_session_endpoint: String,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// The endpoints that a login and its end need.
#[derive(Debug)]
pub(super) struct Metadata {
    pub(super) authorization_endpoint: Url,
    pub(super) token_endpoint: Url,
    pub(super) revocation_endpoint: Url,
    pub(super) end_session_endpoint: Url,
    /// Whether the server names itself in each answer to a login (RFC 9207 §3).
    pub(super) names_itself: bool,
}

impl Metadata {
    /// Asks the issuer. All endpoints have to be at its own origin: credentials go nowhere else.
    pub(super) async fn fetch(http: &ReqwestClient, issuer: &str) -> Result<Self, DemoError> {
        let address = format!("{issuer}/.well-known/openid-configuration");
        let request = Request::get(address)
            .header(header::ACCEPT, "application/json")
            .body(Bytes::new())
            .map_err(|_| DemoError::Metadata("the issuer is no URL"))?;
        let answer = http.send(request, LIMITS).await?;
        if answer.status() != StatusCode::OK {
            return Err(DemoError::NoMetadata(answer.status()));
        }
        let document: Document = serde_json::from_slice(answer.body())
            .map_err(|_| DemoError::Metadata("they lack an endpoint, or are no JSON"))?;
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
            names_itself: document.authorization_response_iss_parameter_supported,
        })
    }
}
