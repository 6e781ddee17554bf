use reqwest::{
    Response, StatusCode,
    header::{HeaderMap, HeaderName, WWW_AUTHENTICATE},
};
use serde_json::Value;

use crate::SuiteError;

/// What the example answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The request, for messages.
    pub request: String,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
}

impl Answer {
    pub(super) async fn read(request: String, response: Response) -> Result<Self, SuiteError> {
        Ok(Self {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.text().await.map_err(SuiteError::http(&request))?,
            request,
        })
    }

    /// A header, empty if it is not there.
    #[must_use]
    pub fn header(&self, name: HeaderName) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// `WWW-Authenticate`, empty if it is not there.
    #[must_use]
    pub fn challenge(&self) -> &str {
        self.header(WWW_AUTHENTICATE)
    }

    /// The body as JSON, `null` if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}
