//! Tokens that are bound to a key (RFC 9449): a proof with our nonce opens the service once, and
//! nothing else does.

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode, header},
    routing::{get, post},
};
use portcullis::{
    AuthenticateLayer, CanAsk, Dpop, Issuer, NonceKeys, RequireActiveLayer, RequireBinding,
    TokenVerifier,
};
use portcullis_keycloak_suite::payload_of;
use portcullis_testing::{SigningAlgorithm, SigningKey};
use serde_json::{Value, json};

use crate::{
    environment::{Environment, ORDERS_API, run},
    holder::Holder,
    lightweight::realm,
    service::{Reply, Service},
};

/// Where clients find the service.
const API: &str = "https://orders.example";

#[test]
fn a_bound_token_is_let_in_with_one_fresh_proof_by_its_own_key() {
    run(async |env| {
        let holder = Holder::set(env, "dpop-bound").await;
        let token = holder.log_in().await.access;
        let claims = payload_of(&token);
        assert_eq!(claims["cnf"], holder.confirmation());
        assert_eq!(claims["typ"], "DPoP");
        for service in services(env) {
            let caller = Caller::introduced(&holder, &service, &token).await;
            let proof = caller.proof(&holder.key, "GET", "/orders");
            caller
                .dpop(Method::GET, "/orders", &proof)
                .await
                .assert(StatusCode::OK);
            let replayed = caller.dpop(Method::GET, "/orders", &proof).await;
            assert_refused(&replayed, "DPoP", "invalid_dpop_proof");

            let proof = caller.proof(&holder.key, "GET", "/orders");
            let downgraded = caller.ask(Method::GET, "/orders", "Bearer", &proof).await;
            assert_refused(&downgraded, "Bearer", "invalid_token");

            let thief = SigningKey::generate(SigningAlgorithm::ES256);
            let proof = caller.proof(&thief, "GET", "/orders");
            let stolen = caller.dpop(Method::GET, "/orders", &proof).await;
            assert_refused(&stolen, "DPoP", "invalid_token");
        }
    });
}

#[test]
fn what_introspection_says_of_the_binding_counts() {
    run(async |env| {
        let holder = Holder::set(env, "dpop-live").await;
        let token = holder.log_in().await.access;
        let [_, asking @ ..] = services(env);
        for service in asking {
            let caller = Caller::introduced(&holder, &service, &token).await;
            let proof = caller.proof(&holder.key, "POST", "/payments");
            let paid = caller.dpop(Method::POST, "/payments", &proof).await;
            paid.assert(StatusCode::OK);
            let thief = SigningKey::generate(SigningAlgorithm::ES256);
            let proof = caller.proof(&thief, "POST", "/payments");
            let stolen = caller.dpop(Method::POST, "/payments", &proof).await;
            assert_refused(&stolen, "DPoP", "invalid_token");
        }
    });
}

#[test]
fn a_lightweight_token_is_bound_too() {
    run(async |env| {
        let attributes = json!({
            "dpop.bound.access.tokens": "true",
            "client.use.lightweight.access.token.enabled": "true",
        });
        let holder = Holder::with(env, "dpop-lightweight", attributes).await;
        let token = holder.log_in().await.access;
        assert_eq!(payload_of(&token)["sub"], Value::Null);
        let [_, asking @ ..] = services(env);
        for service in asking {
            let caller = Caller::introduced(&holder, &service, &token).await;
            let proof = caller.proof(&holder.key, "GET", "/orders");
            let read = caller.dpop(Method::GET, "/orders", &proof).await;
            read.assert(StatusCode::OK);
            let proof = caller.proof(&holder.key, "GET", "/orders");
            let downgraded = caller.ask(Method::GET, "/orders", "Bearer", &proof).await;
            assert_refused(&downgraded, "Bearer", "invalid_token");
        }
    });
}

#[test]
fn an_ordinary_token_is_refused_where_bound_ones_are_wanted_and_under_their_scheme() {
    run(async |env| {
        let holder = Holder::set(env, "dpop-ordinary").await;
        let (_, tokens) = env.logged_in("dpop-nobody", &[]).await;
        for service in services(env) {
            let caller = Caller::introduced(&holder, &service, &tokens.access).await;
            let proof = caller.proof(&holder.key, "GET", "/orders");
            let upgraded = caller.dpop(Method::GET, "/orders", &proof).await;
            assert_refused(&upgraded, "DPoP", "invalid_token");
            let bearer = caller.ask(Method::GET, "/orders", "Bearer", &proof).await;
            bearer.assert(StatusCode::OK);
            let bound = caller.ask(Method::GET, "/bound", "Bearer", &proof).await;
            assert_refused(&bound, "DPoP", "invalid_token");
        }
    });
}

/// Verified here, both ways, and as introspection says.
fn services(env: &Environment) -> [Service; 3] {
    let issuer: Issuer<CanAsk> = realm(env, ORDERS_API).build().unwrap();
    [
        service(issuer.jwt()),
        service(issuer.hybrid()),
        service(issuer.introspection()),
    ]
}

/// Every proof has to have a nonce of ours. `/bound` takes bound tokens alone, `/payments` asks
/// Keycloak.
fn service(verifier: impl TokenVerifier) -> Service {
    let nonces = NonceKeys::of_this_process().unwrap();
    let dpop = Dpop::at(API).unwrap().nonces(&nonces);
    let bound = get(|| async {}).route_layer(RequireBinding::dpop());
    let payments = post(|| async {}).route_layer(RequireActiveLayer::live());
    let routes = Router::new()
        .route("/orders", get(|| async {}))
        .route("/bound", bound)
        .route("/payments", payments);
    Service::of(routes.layer(AuthenticateLayer::new(verifier).dpop(dpop)))
}

/// The holder at a service, with the nonce it was given.
struct Caller<'a> {
    holder: &'a Holder,
    service: &'a Service,
    token: &'a str,
    nonce: String,
}

impl<'a> Caller<'a> {
    /// Asks without a nonce, and is given one with the refusal.
    async fn introduced(holder: &'a Holder, service: &'a Service, token: &'a str) -> Self {
        let mut caller = Self {
            holder,
            service,
            token,
            nonce: String::new(),
        };
        let proof = holder.proof("GET", &format!("{API}/orders")).token(token);
        let refused = caller.dpop(Method::GET, "/orders", &proof.jwt()).await;
        assert_refused(&refused, "DPoP", "use_dpop_nonce");
        caller.nonce = refused.dpop_nonce.unwrap();
        caller
    }

    fn proof(&self, key: &SigningKey, method: &str, path: &str) -> String {
        let url = format!("{API}{path}");
        let proof = self.holder.proof_by(key, method, &url);
        proof.token(self.token).nonce(&self.nonce).jwt()
    }

    async fn dpop(&self, method: Method, path: &str, proof: &str) -> Reply {
        self.ask(method, path, "DPoP", proof).await
    }

    async fn ask(&self, method: Method, path: &str, scheme: &str, proof: &str) -> Reply {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("{scheme} {}", self.token))
            .header("dpop", proof)
            .body(Body::empty())
            .unwrap();
        self.service.answer(request).await
    }
}

/// 401 whose challenge for this scheme, and for no other, names the error.
#[track_caller]
fn assert_refused(reply: &Reply, scheme: &str, error: &str) {
    reply.assert(StatusCode::UNAUTHORIZED);
    let named = format!(r#"{scheme} realm="api", error="{error}""#);
    assert!(reply.challenge.contains(&named), "{reply:#?}");
    assert_eq!(reply.challenge.matches("error=").count(), 1, "{reply:#?}");
}
