//! A service that takes signed answers alone, and a server that says whatever a test signs.

use axum::Router;
use http::StatusCode;
use portcullis_conformance::{AUDIENCE, CLIENT_ID, CapturedLog, T0, World, get, protected};
use portcullis_testing::{Answer, Endpoint, Fault, SigningAlgorithm, SigningKey};
use serde_json::{Value, json};

pub(crate) const MEDIA_TYPE: &str = "application/token-introspection+jwt";

pub(crate) struct Signed {
    pub(crate) world: World,
    pub(crate) router: Router,
}

impl Signed {
    pub(crate) async fn start() -> Self {
        let world = World::start().await;
        let issuer = world.asking().signed_introspection();
        let router = protected(issuer.connect().await.unwrap().introspection());
        Self { world, router }
    }

    /// The key that the issuer signs with.
    pub(crate) fn key(&self) -> SigningKey {
        self.world.server.signing_key(SigningAlgorithm::RS256)
    }

    /// The header of a good answer.
    pub(crate) fn header(&self) -> Value {
        json!({"alg": "RS256", "kid": self.key().key_id(), "typ": "token-introspection+jwt"})
    }

    /// The payload of a good answer.
    pub(crate) fn payload(&self) -> Value {
        json!({
            "iss": self.world.server.issuer(),
            "aud": CLIENT_ID,
            "iat": T0,
            "token_introspection": {
                "active": true,
                "iss": self.world.server.issuer(),
                "aud": AUDIENCE,
                "sub": "alice",
                "exp": T0 + 300,
            },
        })
    }

    /// A good answer, signed.
    pub(crate) fn answer(&self) -> String {
        self.sign(&self.header(), &self.payload())
    }

    /// The good answer with one member of its payload changed, `null` for none.
    pub(crate) fn answer_but(&self, name: &str, value: Value) -> String {
        let mut payload = self.payload();
        payload[name] = value;
        if payload[name].is_null() {
            payload.as_object_mut().unwrap().remove(name);
        }
        self.sign(&self.header(), &payload)
    }

    pub(crate) fn sign(&self, header: &Value, payload: &Value) -> String {
        self.key().sign_raw(header.to_string(), payload.to_string())
    }

    /// The status that a request gets whose token the server answers so about.
    pub(crate) async fn status(&self, content_type: &str, body: impl Into<Vec<u8>>) -> StatusCode {
        let answer = Answer::new(200)
            .header("content-type", content_type)
            .body(body.into());
        let endpoint = Endpoint::Introspection;
        self.world.server.inject(endpoint, Fault::answer(answer));
        let token = self.world.server.token().opaque();
        let reply = get(&self.router, &token).await;
        self.world.server.clear_faults(endpoint);
        reply.status
    }

    pub(crate) async fn assert_good(&self, body: &str, case: &str) {
        assert_eq!(
            self.status(MEDIA_TYPE, body).await,
            StatusCode::OK,
            "{case}"
        );
    }

    /// Asserts 503: whether the token is good cannot be known.
    pub(crate) async fn assert_unusable(&self, body: &str, case: &str) {
        let logs = CapturedLog::start();
        let status = self.status(MEDIA_TYPE, body).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{case}");
        let (reason, _) = logs.last_rejection().unwrap();
        assert_eq!(reason, "issuer_answer_malformed", "{case}");
    }
}
