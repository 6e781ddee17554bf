//! Tokens that are bound to a key (RFC 9449): with the server's nonces at its token endpoint, and
//! with ours at the service.

use std::cell::RefCell;

use axum::{
    Router,
    body::Body,
    routing::{get, post},
};
use http::{Request, StatusCode};
use portcullis::{AuthenticateLayer, Dpop, NonceKeys, RequireActiveLayer, TokenVerifier};
use portcullis_conformance::{CapturedLog, Reply, challenges, send};
use portcullis_oidc_provider_suite::{Configuration, payload_of};
use portcullis_testing::SigningAlgorithm;
use serde_json::json;

use crate::{
    holder::Holder,
    world::{LEDGER, ORDERS, World},
};

/// Where clients find the service.
const API: &str = "https://orders-api.example";

/// A service that wants a nonce in every proof: `GET /`, and `POST /active` after the server was
/// asked.
fn service(verifier: impl TokenVerifier) -> Router {
    let nonces = NonceKeys::of_this_process().unwrap();
    let dpop = Dpop::at(API).unwrap().nonces(&nonces);
    let active = post(|| async {}).route_layer(RequireActiveLayer::live());
    Router::new()
        .route("/", get(|| async {}))
        .route("/active", active)
        .layer(AuthenticateLayer::new(verifier).dpop(dpop))
}

/// Those that can judge tokens for this resource: the server says nothing about its own JWTs.
fn services(world: &World, resource: &str) -> Vec<(&'static str, Router)> {
    let issuer = world.asking().resource(LEDGER).build().unwrap();
    match resource {
        LEDGER => vec![
            ("jwt", service(issuer.jwt())),
            ("hybrid", service(issuer.hybrid())),
        ],
        _ => vec![
            ("introspection", service(issuer.introspection())),
            ("hybrid", service(issuer.hybrid())),
        ],
    }
}

/// A request with a token under this scheme, and a proof.
async fn ask(
    service: &Router,
    (method, path): (&str, &str),
    authorization: &str,
    proof: &str,
) -> Reply {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", authorization)
        .header("dpop", proof)
        .body(Body::empty())
        .unwrap();
    send(service, request).await
}

const GET: (&str, &str) = ("GET", "/");
const POST: (&str, &str) = ("POST", "/active");

/// The holder at the service, with a nonce once it has got one.
struct Caller<'a> {
    holder: &'a Holder,
    service: &'a Router,
    token: &'a str,
    nonce: String,
}

impl<'a> Caller<'a> {
    /// Asks without a nonce, and is given one with the refusal.
    async fn introduced(holder: &'a Holder, service: &'a Router, token: &'a str) -> Self {
        let mut caller = Self {
            holder,
            service,
            token,
            nonce: String::new(),
        };
        let proof = caller.holder.proof("GET", &format!("{API}/"));
        let reply = caller.dpop(GET, &proof.token(token).jwt()).await;
        assert_refused(&reply, "DPoP", "use_dpop_nonce");
        let nonce = reply.headers["dpop-nonce"].to_str().unwrap();
        nonce.clone_into(&mut caller.nonce);
        caller
    }

    fn proof(&self, (method, path): (&str, &str)) -> String {
        let proof = self.holder.proof(method, &format!("{API}{path}"));
        proof.token(self.token).nonce(&self.nonce).jwt()
    }

    async fn dpop(&self, request: (&str, &str), proof: &str) -> Reply {
        let authorization = format!("DPoP {}", self.token);
        ask(self.service, request, &authorization, proof).await
    }
}

/// Asserts 401 with this error under the scheme that was used, and none under the other.
fn assert_refused(reply: &Reply, scheme: &str, error: &str) {
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{reply:?}");
    for challenge in challenges(&reply.headers) {
        let expected = (challenge.scheme == scheme).then_some(error);
        assert_eq!(challenge.parameter("error"), expected, "{reply:?}");
    }
}

#[tokio::test]
async fn the_server_gives_a_bound_token_once_the_proof_has_its_nonce() {
    let Some(world) = World::with(Configuration::wanting_nonces).await else {
        return;
    };
    let holder = Holder::of(SigningAlgorithm::ES256).await;
    let url = world.shop.token_endpoint();
    let nonces = RefCell::new(Vec::new());
    let proof = |nonce: Option<&str>| {
        nonces.borrow_mut().push(nonce.map(str::to_owned));
        let proof = holder.proof("POST", &url);
        nonce
            .map_or(proof.clone(), |nonce| proof.nonce(nonce))
            .jwt()
    };
    let token = world.shop.dpop_bound_token(LEDGER, "read", proof);
    let token = token.await.unwrap();
    let nonces = nonces.take();
    assert!(matches!(*nonces, [None, Some(_)]), "{nonces:?}");
    let bound = json!({ "jkt": holder.key.thumbprint() });
    assert_eq!(payload_of(&token)["cnf"], bound);
}

#[tokio::test]
async fn a_bound_token_is_let_in_with_one_fresh_proof_by_its_own_key() {
    let Some(world) = World::with(Configuration::wanting_nonces).await else {
        return;
    };
    for (resource, algorithm) in [
        (ORDERS, SigningAlgorithm::ES256),
        (LEDGER, SigningAlgorithm::ES256),
        (LEDGER, SigningAlgorithm::EdDSA),
    ] {
        let holder = Holder::of(algorithm).await;
        let thief = Holder::of(algorithm).await;
        let token = holder.token(&world, resource).await;
        let bearer = format!("Bearer {token}");
        for (way, service) in services(&world, resource) {
            let caller = Caller::introduced(&holder, &service, &token).await;
            let proof = caller.proof(GET);
            let reply = caller.dpop(GET, &proof).await;
            assert_eq!(reply.status, StatusCode::OK, "{way}: {reply:?}");

            let replayed = caller.dpop(GET, &proof).await;
            assert_refused(&replayed, "DPoP", "invalid_dpop_proof");
            let downgraded = ask(&service, GET, &bearer, &caller.proof(GET)).await;
            assert_refused(&downgraded, "Bearer", "invalid_token");
            let elsewhere = caller.dpop(GET, &caller.proof(POST)).await;
            assert_refused(&elsewhere, "DPoP", "invalid_dpop_proof");
            let stolen = Caller {
                holder: &thief,
                nonce: caller.nonce.clone(),
                ..caller
            };
            let stolen = stolen.dpop(GET, &stolen.proof(GET)).await;
            assert_refused(&stolen, "DPoP", "invalid_token");
        }
    }
}

#[tokio::test]
async fn what_introspection_says_of_the_binding_counts() {
    let Some(world) = World::with(Configuration::wanting_nonces).await else {
        return;
    };
    let holder = Holder::of(SigningAlgorithm::ES256).await;
    let token = holder.token(&world, ORDERS).await;
    let said = world.shop.introspect(&token).await.unwrap();
    assert_eq!(said["token_type"], "DPoP");
    assert_eq!(said["cnf"], json!({ "jkt": holder.key.thumbprint() }));
    let log = CapturedLog::start();
    for (way, service) in services(&world, ORDERS) {
        let caller = Caller::introduced(&holder, &service, &token).await;
        let reply = caller.dpop(POST, &caller.proof(POST)).await;
        assert_eq!(reply.status, StatusCode::OK, "{way}: {reply:?}");
        let thief = Holder::of(SigningAlgorithm::ES256).await;
        let thief = Caller {
            holder: &thief,
            nonce: caller.nonce.clone(),
            ..caller
        };
        let reply = thief.dpop(POST, &thief.proof(POST)).await;
        assert_refused(&reply, "DPoP", "invalid_token");
        assert_eq!(log.last_rejection().unwrap().0, "sender_constrained");
    }
}

#[tokio::test]
async fn a_bound_token_that_is_revoked_is_refused_whatever_proof_comes_with_it() {
    let Some(world) = World::with(Configuration::wanting_nonces).await else {
        return;
    };
    let holder = Holder::of(SigningAlgorithm::ES256).await;
    for (way, service) in services(&world, ORDERS) {
        let token = holder.token(&world, ORDERS).await;
        let caller = Caller::introduced(&holder, &service, &token).await;
        let reply = caller.dpop(POST, &caller.proof(POST)).await;
        assert_eq!(reply.status, StatusCode::OK, "{way}: {reply:?}");
        world.shop.revoke(&token).await.unwrap();
        let reply = caller.dpop(POST, &caller.proof(POST)).await;
        assert_refused(&reply, "DPoP", "invalid_token");
    }
}

#[tokio::test]
async fn a_token_that_is_bound_to_nothing_is_none_under_the_scheme_of_proofs() {
    let Some(world) = World::start().await else {
        return;
    };
    let holder = Holder::of(SigningAlgorithm::ES256).await;
    for resource in [ORDERS, LEDGER] {
        let token = world.token(resource).await;
        for (_, service) in services(&world, resource) {
            let caller = Caller::introduced(&holder, &service, &token).await;
            let reply = caller.dpop(GET, &caller.proof(GET)).await;
            assert_refused(&reply, "DPoP", "invalid_token");
        }
    }
}
