//! Section M: proofs of possession (RFC 9449).
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod binding;
mod challenges;
mod claims;
mod nonces;
mod places;
mod replay;
mod shape;
mod vectors;

use axum::{Router, body::Body, routing::get};
use http::{Request, StatusCode};
use portcullis::{AuthenticateLayer, Dpop, TokenVerifier};
use portcullis_conformance::{Reply, World, challenges, send};
use portcullis_testing::{DpopProofBuilder, SigningAlgorithm, SigningKey};
use serde_json::json;

/// Where clients find the service.
const API: &str = "https://api.example.com";

/// A service that judges proofs, a client's key, and a token that is bound to it.
struct Bound {
    world: World,
    router: Router,
    key: SigningKey,
    token: String,
}

impl Bound {
    async fn start() -> Self {
        Self::with(|dpop| dpop).await
    }

    async fn with(configure: impl FnOnce(Dpop) -> Dpop) -> Self {
        let world = World::start().await;
        let issuer = world.realm().connect().await.unwrap();
        let dpop = configure(Dpop::at(API).unwrap());
        let key = SigningKey::generate(SigningAlgorithm::ES256);
        Self {
            router: service(issuer.jwt(), dpop),
            token: bound_to(&world, &key),
            key,
            world,
        }
    }

    /// A good proof for `GET /orders`.
    fn proof(&self) -> DpopProofBuilder {
        self.proof_by(&self.key)
    }

    fn proof_by(&self, key: &SigningKey) -> DpopProofBuilder {
        let url = format!("{API}/orders");
        let proof = self.world.server.dpop_proof(key, "GET", &url);
        proof.token(&self.token)
    }

    /// `GET /orders` with the token and this proof.
    async fn get(&self, proof: impl AsRef<str>) -> Reply {
        send(&self.router, ask(&self.token, &[proof.as_ref()])).await
    }

    async fn accepts(&self, proof: DpopProofBuilder, case: &str) {
        let reply = self.get(proof.jwt()).await;
        assert_eq!(reply.status, StatusCode::OK, "{case}: {reply:?}");
    }

    /// Asserts 401 with this error under `DPoP`, and none under `Bearer`.
    async fn refuses(&self, proof: impl AsRef<str>, error: &str, case: &str) {
        let reply = self.get(proof).await;
        assert_eq!(errors(&reply), refused(error), "{case}: {reply:?}");
    }

    async fn refuses_proof(&self, proof: DpopProofBuilder, case: &str) {
        self.refuses(proof.jwt(), "invalid_dpop_proof", case).await;
    }
}

fn service(verifier: impl TokenVerifier, dpop: Dpop) -> Router {
    Router::new()
        .route("/orders", get(|| async {}).post(|| async {}))
        .layer(AuthenticateLayer::new(verifier).dpop(dpop))
}

/// A token that is of use only to whoever holds the key.
fn bound_to(world: &World, key: &SigningKey) -> String {
    let token = world.server.token();
    token.claim("cnf", json!({"jkt": key.thumbprint()})).jwt()
}

/// `GET /orders` under the scheme `DPoP`, with these proofs.
fn ask(token: &str, proofs: &[&str]) -> Request<Body> {
    let mut request = Request::get("/orders").header("authorization", format!("DPoP {token}"));
    for proof in proofs {
        request = request.header("dpop", *proof);
    }
    request.body(Body::empty()).unwrap()
}

/// The status, and the error of each challenge.
type Errors = (u16, Vec<(String, Option<String>)>);

fn errors(reply: &Reply) -> Errors {
    let errors = challenges(&reply.headers).into_iter().map(|challenge| {
        let error = challenge.parameter("error").map(str::to_owned);
        (challenge.scheme, error)
    });
    (reply.status.as_u16(), errors.collect())
}

/// What a client gets whose attempt under `DPoP` has failed.
fn refused(error: &str) -> Errors {
    let schemes = [
        ("Bearer".to_owned(), None),
        ("DPoP".to_owned(), Some(error.to_owned())),
    ];
    (401, schemes.into())
}
