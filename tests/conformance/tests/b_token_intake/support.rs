use axum::{Router, body::Body};
use http::{HeaderValue, Request, StatusCode, header};
use portcullis_conformance::{ListeningVerifier, Reply, World, protected, send};
use serde_json::json;

/// A world with an API that verifies JWTs locally and asks about opaque tokens: the way of a
/// request on which most could go wrong.
pub(crate) struct Api {
    pub(crate) world: World,
    pub(crate) router: Router,
    pub(crate) good: String,
}

impl Api {
    pub(crate) async fn start() -> Self {
        let world = World::start().await;
        let issuer = world.asking().build().unwrap();
        Self {
            router: protected(issuer.hybrid()),
            good: world.server.token().jwt(),
            world,
        }
    }

    /// `GET /` with these `Authorization` lines.
    pub(crate) async fn get(&self, lines: &[&[u8]]) -> Reply {
        let mut request = Request::get("/").body(Body::empty()).unwrap();
        for line in lines {
            let value = HeaderValue::from_bytes(line).unwrap();
            request.headers_mut().append(header::AUTHORIZATION, value);
        }
        send(&self.router, request).await
    }

    /// Asserts that a request with these lines reaches the handler.
    pub(crate) async fn accepts(&self, lines: &[&str]) {
        let reply = self.get(&bytes(lines)).await;
        assert_eq!(reply.status, StatusCode::OK, "{lines:?}: {reply:?}");
    }

    /// Asserts the answer to these lines, and that the authorization server learned nothing of
    /// them.
    pub(crate) async fn refuses_unasked(&self, lines: &[&str], status: u16, error: Option<&str>) {
        let before = self.world.server.total_request_count();
        let reply = self.get(&bytes(lines)).await;
        assert_answer(&reply, status, error, &format!("{lines:?}"));
        let asked = self.world.server.total_request_count() - before;
        assert_eq!(asked, 0, "{lines:?}: the server was asked");
    }
}

fn bytes<'a>(lines: &[&'a str]) -> Vec<&'a [u8]> {
    lines.iter().map(|line| line.as_bytes()).collect()
}

/// Asserts status and error of the challenge.
pub(crate) fn assert_answer(reply: &Reply, status: u16, error: Option<&str>, case: &str) {
    assert_eq!(reply.status, status, "{case}: {reply:?}");
    assert_eq!(reply.error().as_deref(), error, "{case}: {reply:?}");
}

/// A verifier for tests of the way to it.
pub(crate) fn vouching() -> ListeningVerifier {
    ListeningVerifier::vouching(&json!({"sub": "alice"}))
}
