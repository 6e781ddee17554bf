//! Why an action of the page is not carried out.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use portcullis::HttpError;
use serde_json::json;

/// An answer other than the one that was asked for. The sentence is for whoever sits before the page.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    sentence: String,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self {
            status,
            sentence: sentence.into(),
        }
    }

    /// The page asks for something that its state does not allow.
    pub(super) fn conflict(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, sentence)
    }

    pub(super) fn forbidden(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, sentence)
    }

    /// For whoever is told otherwise than by an answer.
    pub(super) fn into_sentence(self) -> String {
        self.sentence
    }
}

impl From<HttpError> for Refusal {
    fn from(error: HttpError) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, format!("no answer: {error}"))
    }
}

impl From<reqwest::Error> for Refusal {
    fn from(error: reqwest::Error) -> Self {
        // Without the address, which may have a code or a token in it.
        let sentence = format!("no answer: {}", error.without_url());
        Self::new(StatusCode::BAD_GATEWAY, sentence)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.sentence }))).into_response()
    }
}
