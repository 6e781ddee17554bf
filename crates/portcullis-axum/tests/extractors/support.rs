//! A verifier that says what it is told to say, and a client for a router behind it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Router, body::Body};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use portcullis::{
    Answer, AuthenticateLayer, Clock, Credentials, Expectations, Freshness, ManualClock, Reason,
    Rejection, RenderRejection, TokenFacts, TokenVerifier, Verification,
};
use serde_json::Value;
use tower::ServiceExt;

/// Says of every token what it is told to say.
#[derive(Debug, Clone)]
pub(crate) struct Scripted {
    local: Value,
    live: Live,
    calls: Arc<AtomicUsize>,
    pub(crate) clock: ManualClock,
}

/// What the authorization server says when it is asked.
#[derive(Debug, Clone)]
pub(crate) enum Live {
    /// Active, with these claims.
    Active(Value),
    /// No answer but this.
    No(Reason),
    /// There is nobody to ask.
    Nobody,
}

impl Scripted {
    pub(crate) fn new(local: Value) -> Self {
        Self {
            live: Live::Active(local.clone()),
            local,
            calls: Arc::default(),
            clock: ManualClock::at(1_700_000_000),
        }
    }

    pub(crate) fn live(mut self, live: Live) -> Self {
        self.live = live;
        self
    }

    /// How often the server was asked.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn ask(&self) -> Answer {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.clock.advance(Duration::from_millis(1));
        match &self.live {
            Live::Active(claims) => facts(claims, Some(self.clock.monotonic())),
            Live::No(reason) => Err((*reason).into()),
            Live::Nobody => Err(Reason::CannotAsk.into()),
        }
    }
}

impl TokenVerifier for Scripted {
    fn verify(&self, _: &Credentials, freshness: Freshness) -> Verification {
        if freshness == Freshness::AsConfigured {
            return Verification::now(facts(&self.local, None));
        }
        let this = self.clone();
        Verification::later(async move { this.ask() })
    }

    fn can_ask(&self) -> bool {
        !matches!(self.live, Live::Nobody)
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }
}

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

/// A layer whose refusals show reason and diagnosis, so that a test can tell them apart.
pub(crate) fn telling(verifier: Scripted) -> AuthenticateLayer<impl RenderRejection<Body> + Clone> {
    AuthenticateLayer::new(verifier).render_with(
        |rejection: &Rejection, response: &mut Response<Body>| {
            let code = HeaderValue::from_static(rejection.reason().code());
            response.headers_mut().insert("reason", code);
            *response.body_mut() = Body::from(rejection.diagnosis().detail().to_owned());
        },
    )
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
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn reason(&self) -> Option<&str> {
        self.header("reason")
    }
}

/// Gets a path with a good token.
pub(crate) async fn get(router: Router, path: &str) -> Seen {
    let request = Request::get(path)
        .header(header::AUTHORIZATION, "Bearer good")
        .body(Body::empty())
        .unwrap();
    send(router, request).await
}

/// Gets a path without a token.
pub(crate) async fn get_anonymously(router: Router, path: &str) -> Seen {
    send(router, Request::get(path).body(Body::empty()).unwrap()).await
}

async fn send(router: Router, request: Request<Body>) -> Seen {
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Seen {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

/// The claims of somebody with this realm role.
pub(crate) fn with_role(role: &str) -> Value {
    serde_json::json!({ "sub": "ali", "realm_access": { "roles": [role] } })
}
