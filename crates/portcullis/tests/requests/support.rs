//! A verifier that says what it is told to say, and requests to try it with.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use portcullis::{
    Answer, Authenticator, Clock, Credentials, Expectations, Freshness, LiveVerifier, ManualClock,
    Reason, Rejection, TokenFacts, TokenVerifier, Verification, VerifiedToken,
};
use serde_json::{Value, json};
use tower::{Service, ServiceExt};

pub(crate) type Body = Full<Bytes>;

/// Says of the token `good` what it is told to say, at once; of every other token it says the
/// reason whose code the token is, else that its signature is wrong.
#[derive(Debug, Clone)]
pub(crate) struct Scripted {
    local: Value,
    live: Arc<Mutex<Live>>,
    calls: Arc<AtomicUsize>,
    pub(crate) clock: ManualClock,
}

/// What the authorization server says when it is asked.
#[derive(Debug, Clone)]
pub(crate) enum Live {
    /// Active, in answer to a call that begins now.
    Active(Value),
    /// Active, but the call began this long ago.
    ActiveSince(Value, Duration),
    /// Active, and nobody knows since when.
    Undated(Value),
    /// No answer but this.
    No(Reason),
}

impl Scripted {
    pub(crate) fn new(local: Value) -> Self {
        Self {
            live: Arc::new(Mutex::new(Live::Active(local.clone()))),
            local,
            calls: Arc::default(),
            clock: ManualClock::at(1_700_000_000),
        }
    }

    /// A verifier that knows one user without roles.
    pub(crate) fn plain() -> Self {
        Self::new(json!({ "sub": "ali" }))
    }

    pub(crate) fn live(self, live: Live) -> Self {
        self.becomes(live);
        self
    }

    /// From now on the server says this.
    pub(crate) fn becomes(&self, live: Live) {
        *self.live.lock().unwrap() = live;
    }

    /// How often the server was asked.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn ask(&self) -> Answer {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.clock.advance(Duration::from_millis(1));
        let now = self.clock.monotonic();
        match &*self.live.lock().unwrap() {
            Live::Active(claims) => facts(claims, Some(now)),
            Live::ActiveSince(claims, age) => facts(claims, now.checked_sub(*age)),
            Live::Undated(claims) => facts(claims, None),
            Live::No(reason) => Err((*reason).into()),
        }
    }
}

impl TokenVerifier for Scripted {
    fn verify(&self, credentials: &Credentials, freshness: Freshness) -> Verification {
        let text = credentials.token.as_str();
        if text != "good" {
            let reasons = [
                Reason::Expired,
                Reason::IssuerUnreachable,
                Reason::ClientCredentialsRefused,
            ];
            let reason = reasons.into_iter().find(|reason| reason.code() == text);
            return Verification::now(Err(reason.unwrap_or(Reason::BadSignature).into()));
        }
        if freshness == Freshness::AsConfigured {
            return Verification::now(facts(&self.local, None));
        }
        let this = self.clone();
        Verification::later(async move { this.ask() })
    }

    fn can_ask(&self) -> bool {
        true
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }
}

impl LiveVerifier for Scripted {}

/// Facts with these claims.
pub(crate) fn facts(claims: &Value, asked_at: Option<Instant>) -> Answer {
    let expectations = Arc::new(Expectations::danger_any_audience());
    let facts = TokenFacts::from_json(claims.to_string(), &expectations)
        .map_err(|error| Rejection::because(Reason::MalformedClaims, error.to_string()))?;
    Ok(Arc::new(match asked_at {
        Some(began) => facts.with_asked_at(began),
        None => facts,
    }))
}

/// The claims of somebody with this realm role.
pub(crate) fn with_role(role: &str) -> Value {
    json!({ "sub": "ali", "realm_access": { "roles": [role] } })
}

/// A request that brings a token, or none.
pub(crate) fn request(token: Option<&str>) -> Request<Body> {
    let mut request = Request::builder().uri("/orders");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    request.body(Body::default()).unwrap()
}

/// The token of a request that was let through.
pub(crate) async fn admitted(verifier: impl TokenVerifier) -> VerifiedToken {
    let authenticator = Arc::new(Authenticator::new(verifier));
    let token = authenticator
        .authenticate((&request(Some("good"))).into())
        .await;
    token.unwrap().unwrap()
}

/// A handler that greets.
pub(crate) async fn greet<B>(_: Request<B>) -> Result<Response<Body>, Infallible> {
    Ok(Response::new(Body::from("hello")))
}

/// What a client sees.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        assert!(
            self.headers.get_all(name).iter().count() <= 1,
            "{name} stands once"
        );
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// Sends a request and reads the answer to its end.
pub(crate) async fn send<S, B>(service: S, request: Request<B>) -> Seen
where
    S: Service<Request<B>, Response = Response<Body>, Error = Infallible>,
{
    let response = service.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Seen {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

/// Polls once.
pub(crate) fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}
