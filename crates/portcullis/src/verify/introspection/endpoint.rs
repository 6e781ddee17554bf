use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use http::StatusCode;

use super::{
    ClientAuthentication,
    call::{self, CallError},
    reply::Reply,
};
use crate::{Clock, Expectations, discovery::Discovery, http_client::Limits};

/// Where tokens are introspected, and as whom.
#[derive(Debug)]
pub(crate) struct IntrospectionEndpoint {
    pub(crate) discovery: Arc<Discovery>,
    pub(crate) client: ClientAuthentication,
    pub(crate) hint: Option<String>,
    pub(crate) deadline: Duration,
    pub(crate) expectations: Arc<Expectations>,
}

/// An answer, and when the call began that it answers.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) reply: Reply,
    pub(super) began: Instant,
    /// Who answered in the server's stead; such an answer is not live.
    pub(super) intermediary: Option<String>,
}

impl IntrospectionEndpoint {
    const MAX_ANSWER: usize = 256 * 1024;

    /// Asks about a token. The deadline of everything is the caller's to keep.
    pub(super) async fn ask(&self, token: &str) -> Result<Answered, CallError> {
        let endpoint = self.discovery.introspection_endpoint().await?;
        let request = call::request(&endpoint, &self.client, self.hint.as_deref(), token)?;
        let (began, began_at) = (self.clock().monotonic(), self.clock().now());
        let limits = Limits::new(self.deadline, Self::MAX_ANSWER);
        let response = self.discovery.http.send(request, limits).await?;
        if response.status() != StatusCode::OK {
            return Err(call::refusal(&response));
        }
        let reply = Reply::parse(response.headers(), response.body(), &self.expectations)
            .map_err(CallError::Malformed)?;
        Ok(Answered {
            reply,
            began,
            intermediary: call::intermediary(response.headers(), began_at),
        })
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.discovery.clock
    }
}
