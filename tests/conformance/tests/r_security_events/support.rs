//! A service that takes the security events of its issuer, and what it makes of tokens.

use std::time::Duration;

use axum::{Router, body::Body};
use http::{Request, StatusCode, header};
use portcullis::{Clock, IssuerBuilder, RevocationSet, TokenVerifier, WithCredentials};
use portcullis_axum::security_event_route;
use portcullis_conformance::{AUDIENCE, Reply, World, get, protected, send};
use serde_json::{Value, json};

pub(crate) const SESSION_REVOKED: &str =
    "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
pub(crate) const CREDENTIAL_CHANGE: &str =
    "https://schemas.openid.net/secevent/caep/event-type/credential-change";
pub(crate) const VERIFICATION: &str =
    "https://schemas.openid.net/secevent/ssf/event-type/verification";

pub(crate) const EVENT_TYPE: &str = "application/secevent+jwt";

/// `GET /` verifies as it is configured, `POST /events` takes what the issuer pushes.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) router: Router,
    pub(crate) revocations: RevocationSet,
}

impl Scene {
    /// With a verifier that asks where something is in doubt.
    pub(crate) async fn start() -> Self {
        Self::with(|realm| realm).await
    }

    /// The same with settings of the test's own.
    pub(crate) async fn with(
        configure: impl FnOnce(IssuerBuilder<WithCredentials>) -> IssuerBuilder<WithCredentials>,
    ) -> Self {
        let world = World::start().await;
        let realm = world.asking().security_event_audience(AUDIENCE);
        let issuer = configure(realm).connect().await.unwrap();
        let events = security_event_route(issuer.security_event_receiver().unwrap());
        let router = router(issuer.hybrid()).route("/events", events);
        Self::set(world, router, issuer.revocations().clone())
    }

    /// With a verifier that asks about every token.
    pub(crate) async fn asking() -> Self {
        let world = World::start().await;
        let realm = world.asking().security_event_audience(AUDIENCE);
        let issuer = realm.connect().await.unwrap();
        let events = security_event_route(issuer.security_event_receiver().unwrap());
        let router = router(issuer.introspection()).route("/events", events);
        Self::set(world, router, issuer.revocations().clone())
    }

    /// With a verifier that asks nobody.
    pub(crate) async fn local() -> Self {
        let world = World::start().await;
        let realm = world.realm().security_event_audience(AUDIENCE);
        let issuer = realm.connect().await.unwrap();
        let events = security_event_route(issuer.security_event_receiver().unwrap());
        let router = router(issuer.jwt()).route("/events", events);
        Self::set(world, router, issuer.revocations().clone())
    }

    /// Tokens from now on were issued after the service has begun to listen.
    fn set(world: World, router: Router, revocations: RevocationSet) -> Self {
        assert!(revocations.complete_since().is_some());
        world.clock.advance(MINUTE);
        world.server.clear_requests();
        Self {
            world,
            router,
            revocations,
        }
    }

    /// What a push is answered with.
    pub(crate) async fn push(&self, event: &str) -> Reply {
        self.post(&[(header::CONTENT_TYPE.as_str(), EVENT_TYPE)], event)
            .await
    }

    /// The same with these headers.
    pub(crate) async fn post(&self, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut request = Request::post("/events");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        send(&self.router, request).await
    }

    /// Pushes what has to be accepted.
    pub(crate) async fn take(&self, event: &str) {
        let reply = self.push(event).await;
        assert_eq!(reply.status, StatusCode::ACCEPTED, "{reply:?}");
    }

    /// Pushes what has to be refused with this code; nothing may come of it.
    pub(crate) async fn refuse(&self, event: &str, err: &str, case: &str) {
        assert_refused(&self.push(event).await, err, case);
        assert_eq!(self.revocations.len(), 0, "{case}");
    }

    /// What a request with a token is answered with.
    pub(crate) async fn status(&self, token: &str) -> StatusCode {
        get(&self.router, token).await.status
    }

    /// Asserts that a token is good, and how often that took a question.
    pub(crate) async fn assert_good(&self, token: &str, asked: usize, case: &str) {
        let before = self.world.calls_about(token);
        assert_eq!(self.status(token).await, StatusCode::OK, "{case}");
        let calls = self.world.calls_about(token) - before;
        assert_eq!(calls, asked, "{case}: questions");
    }

    /// Asserts that a token is over, and that this took no question.
    pub(crate) async fn assert_over(&self, token: &str, case: &str) {
        let before = self.world.calls_about(token);
        let reply = get(&self.router, token).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{case}: {reply:?}");
        assert_eq!(reply.error().as_deref(), Some("invalid_token"), "{case}");
        assert_eq!(self.world.calls_about(token), before, "{case}: questions");
    }

    /// In seconds.
    pub(crate) fn now(&self) -> i64 {
        self.world.clock.now().as_seconds()
    }

    /// A user of the issuer's, as events name one.
    pub(crate) fn user(&self, sub: &str) -> Value {
        json!({ "format": "iss_sub", "iss": self.world.server.issuer(), "sub": sub })
    }

    /// An event about a subject, which happened now.
    pub(crate) fn event(&self, event_type: &str, subject: &Value) -> String {
        let event = json!({ "event_timestamp": self.now() });
        let event = self.world.server.security_event(event_type, event);
        event.subject_id(subject.clone()).jwt()
    }
}

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

pub(crate) fn router(verifier: impl TokenVerifier) -> Router {
    protected(verifier)
}

/// Asserts 400 with this code, in the form of RFC 8935.
#[track_caller]
pub(crate) fn assert_refused(reply: &Reply, err: &str, case: &str) {
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{case}: {reply:?}");
    let body = reply.json();
    assert_eq!(body["err"], err, "{case}");
    assert!(body["description"].is_string(), "{case}: {body}");
}
