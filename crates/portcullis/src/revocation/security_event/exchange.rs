//! One poll and its answer (RFC 8936 §2).

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::SecurityEventError;
use crate::{
    client_authentication::{AuthenticationError, Bearer},
    http_client::{HttpClient, HttpError, Limits, ServerUrl, send_again},
};

/// Where events are polled for.
#[derive(Debug)]
pub(crate) struct PollEndpoint {
    pub(crate) url: ServerUrl,
    pub(crate) bearer: Bearer,
}

/// What the transmitter is told of events that came before: none of them comes again.
#[derive(Debug, Default, Clone, Serialize)]
pub(super) struct Acknowledgements {
    #[serde(rename = "ack", skip_serializing_if = "Vec::is_empty")]
    taken: Vec<String>,
    #[serde(rename = "setErrs", skip_serializing_if = "BTreeMap::is_empty")]
    refused: BTreeMap<String, Complaint>,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Complaint {
    err: &'static str,
    description: &'static str,
}

/// Events that have come.
#[derive(Deserialize)]
pub(super) struct Batch {
    /// By their `jti`. Whether there are more shows when these have been acknowledged.
    pub(super) sets: BTreeMap<String, Value>,
}

/// How long a poll may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// The transmitter answers at once.
    Short,
    /// It may wait until there is an event.
    Long,
}

/// Why there is no answer to a poll. Nothing secret is in it.
#[derive(Debug, thiserror::Error)]
pub(super) enum PollError {
    #[error(transparent)]
    Authentication(#[from] AuthenticationError),
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("the answer has status {0}")]
    Refused(StatusCode),
    #[error("the answer is not that to a poll: {0}")]
    Malformed(String),
    #[error("the address cannot stand in a request")]
    Address,
    #[error("the HTTP client or the source of bearer tokens panicked")]
    Panicked,
}

impl Acknowledgements {
    pub(super) fn is_empty(&self) -> bool {
        self.taken.is_empty() && self.refused.is_empty()
    }

    pub(super) fn take(&mut self, jti: String) {
        self.taken.push(jti);
    }

    pub(super) fn refuse(&mut self, jti: String, error: SecurityEventError) {
        let (err, description) = (error.code(), error.description());
        self.refused.insert(jti, Complaint { err, description });
    }
}

impl PollEndpoint {
    /// How many events are asked for at once, and how many bytes they may be.
    const MAX_EVENTS: usize = 100;
    const MAX_ANSWER: usize = 8 * 1024 * 1024;
    /// How long a transmitter is waited for that waits for an event: not so long that a proxy in
    /// between loses its patience, which is a minute as a rule.
    const LONG_POLL: Duration = Duration::from_secs(45);

    /// Polls once, `deadline` being that of a server that does not wait.
    pub(super) async fn poll(
        &self,
        http: &dyn HttpClient,
        manner: Manner,
        acknowledgements: &Acknowledgements,
        deadline: Duration,
    ) -> Result<Batch, PollError> {
        let token = tokio::time::timeout(deadline, self.bearer.attempt_to("poll with"));
        let token = token
            .await
            .unwrap_or_else(|_| Err(AuthenticationError::overdue()))?;
        let mut request = self.request(manner, acknowledgements)?;
        if let Some(credentials) = token.header {
            let headers = request.headers_mut();
            headers.insert(header::AUTHORIZATION, credentials);
        }
        let deadline = match manner {
            Manner::Short => deadline,
            Manner::Long => deadline.max(Self::LONG_POLL),
        };
        let limits = Limits::new(deadline, Self::MAX_ANSWER);
        // What is acknowledged twice is acknowledged.
        let answer = send_again(limits, |limits| http.send(request.clone(), limits)).await?;
        read(&answer)
    }

    fn request(
        &self,
        manner: Manner,
        acknowledgements: &Acknowledgements,
    ) -> Result<Request<Bytes>, PollError> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Poll<'a> {
            max_events: usize,
            return_immediately: bool,
            #[serde(flatten)]
            acknowledgements: &'a Acknowledgements,
        }

        let poll = Poll {
            max_events: Self::MAX_EVENTS,
            return_immediately: manner == Manner::Short,
            acknowledgements,
        };
        // Texts and numbers can always be written.
        let body = serde_json::to_vec(&poll).unwrap_or_default();
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.url.uri().ok_or(PollError::Address)?;
        let json = HeaderValue::from_static("application/json");
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, json.clone());
        headers.insert(header::ACCEPT, json);
        // That of the descriptions.
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static("en"));
        Ok(request)
    }
}

fn read(answer: &Response<Bytes>) -> Result<Batch, PollError> {
    if answer.status() != StatusCode::OK {
        return Err(PollError::Refused(answer.status()));
    }
    serde_json::from_slice(answer.body()).map_err(|error| {
        // Without serde's words, which quote the text.
        let (line, column) = (error.line(), error.column());
        PollError::Malformed(format!("line {line}, column {column}"))
    })
}
