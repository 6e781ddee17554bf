use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use form_urlencoded::Serializer;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde::Deserialize;

use crate::{
    ClientAuthentication, SharedStore, StoreKey,
    client_authentication::{Attempt, AuthenticationError, Occasion},
    discovery::{ClientTarget, Discovery},
    http_client::{FetchError, HttpError, Limits, ServerUrl},
    revocation::RevocationSink,
};

/// Logs a client of its own in and out, from time to time, so that everybody can see whether notices
/// come: the session of its service account ends as a user's does, and its notice takes the same way.
pub(crate) struct Canary {
    discovery: Arc<Discovery>,
    client: ClientAuthentication,
    /// Where the instances agree on who does it; each does where there is none.
    lease: Option<(Arc<dyn SharedStore>, StoreKey)>,
    sink: RevocationSink,
}

/// Why the canary could not be logged in and out. Nothing secret is in it.
#[derive(Debug, thiserror::Error)]
enum CanaryError {
    #[error(transparent)]
    Endpoint(#[from] FetchError),
    #[error(transparent)]
    Authentication(#[from] AuthenticationError),
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("{what}: status {status}")]
    Refused {
        what: &'static str,
        status: StatusCode,
    },
    #[error(
        "its tokens come without a refresh token: set the attribute `client_credentials.use_refresh_token` of the client to `true`"
    )]
    NoRefreshToken,
    #[error("the server's address cannot stand in a request")]
    Address,
}

#[derive(Deserialize)]
struct Tokens {
    refresh_token: Option<String>,
}

impl Canary {
    /// How often it sings.
    pub(crate) const PERIOD: Duration = Duration::from_secs(30);
    const MAX_ANSWER: usize = 64 * 1024;

    pub(crate) fn new(
        discovery: Arc<Discovery>,
        client: ClientAuthentication,
        lease: Option<(Arc<dyn SharedStore>, StoreKey)>,
        sink: RevocationSink,
    ) -> Self {
        Self {
            discovery,
            client,
            lease,
            sink,
        }
    }

    /// Goes on for as long as somebody listens.
    pub(crate) async fn run(self: Arc<Self>) {
        while self.sink.is_wanted() {
            if self.is_ours().await
                && let Err(error) = self.sing().await
            {
                let issuer = &self.discovery.issuer;
                let client = self.client.client_id();
                tracing::warn!(
                    target: "portcullis::revocation",
                    %issuer,
                    client,
                    "the canary could not be logged in and out, so nobody knows whether notices come: {error}"
                );
            }
            tokio::time::sleep(Self::PERIOD).await;
        }
    }

    /// Whether this instance does it this time.
    async fn is_ours(&self) -> bool {
        let Some((store, name)) = &self.lease else {
            return true;
        };
        let lives = Self::PERIOD - Self::PERIOD / 10;
        let taken = store.put_if_absent(name.clone(), Bytes::from_static(b"1"), lives);
        let patience = Duration::from_secs(1);
        // Without an agreement rather twice than never.
        !matches!(tokio::time::timeout(patience, taken).await, Ok(Ok(false)))
    }

    async fn sing(&self) -> Result<(), CanaryError> {
        let endpoint = self.discovery.token_endpoint().await?;
        let form = [("grant_type", "client_credentials")];
        let answer = self.post(&endpoint, &form).await?;
        if answer.status() != StatusCode::OK {
            let status = answer.status();
            let what = "the token endpoint refuses it";
            return Err(CanaryError::Refused { what, status });
        }
        let tokens: Option<Tokens> = serde_json::from_slice(answer.body()).ok();
        let refresh_token = tokens
            .and_then(|tokens| tokens.refresh_token)
            .ok_or(CanaryError::NoRefreshToken)?;
        let endpoint = self.discovery.end_session_endpoint().await?;
        let form = [("refresh_token", refresh_token.as_str())];
        let answer = self.post(&endpoint, &form).await?;
        // Without a session to end, Keycloak answers 200 with a page to log out on.
        if answer.status() != StatusCode::NO_CONTENT {
            let status = answer.status();
            let what = "its session is not ended";
            return Err(CanaryError::Refused { what, status });
        }
        Ok(())
    }

    async fn post(
        &self,
        endpoint: &ServerUrl,
        form: &[(&str, &str)],
    ) -> Result<Response<Bytes>, CanaryError> {
        let target = ClientTarget {
            endpoint: endpoint.clone(),
            public: endpoint.as_str().into(),
            methods: Arc::default(),
        };
        let occasion = Occasion {
            issuer: &self.discovery.issuer,
            target: &target,
            now: self.discovery.clock.now(),
        };
        let proof = self.client.attempt(&occasion).await?;
        let request = request(endpoint, form, proof)?;
        let limits = Limits::new(self.discovery.deadline, Self::MAX_ANSWER);
        Ok(self.discovery.http.send(request, limits).await?)
    }
}

fn request(
    endpoint: &ServerUrl,
    form: &[(&str, &str)],
    proof: Attempt,
) -> Result<Request<Bytes>, CanaryError> {
    let mut body = Serializer::new(String::new());
    body.extend_pairs(form).extend_pairs(proof.form);
    let mut request = Request::new(Bytes::from(body.finish()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = endpoint.uri().ok_or(CanaryError::Address)?;
    let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
    let headers = request.headers_mut();
    headers.insert(header::CONTENT_TYPE, form_type);
    if let Some(credentials) = proof.header {
        headers.insert(header::AUTHORIZATION, credentials);
    }
    Ok(request)
}

impl fmt::Debug for Canary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Canary")
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}
