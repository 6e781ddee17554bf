//! Facts are remembered, verdicts never.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use http::StatusCode;
use portcullis::{Clock, Credentials, Freshness, JwtVerifier, Reason, TokenVerifier, Verification};
use portcullis_conformance::{Instance, T0, World, get, protected};

use crate::support::{MINUTE, Service};

#[tokio::test]
async fn the_end_of_a_token_comes_for_what_is_remembered_too() {
    let service = Service::start().await;
    let token = service.world.server.token().expires_in(5 * MINUTE).jwt();
    service.admits(&token, 1).await;
    service
        .world
        .clock
        .advance(5 * MINUTE + Duration::from_secs(29));
    service.admits(&token, 1).await;
    service.world.clock.advance(Duration::from_secs(1));
    service.refuses(&token).await;
}

/// A clock that was set back.
#[tokio::test]
async fn a_token_of_the_future_is_refused_though_it_is_remembered() {
    let service = Service::start().await;
    let token = service
        .world
        .server
        .token()
        .claim("nbf", T0)
        .expires_in(60 * MINUTE)
        .jwt();
    service.admits(&token, 1).await;
    service.world.clock.jump_to(T0 - 3600);
    service.refuses(&token).await;
}

/// Two verifiers with rules of their own, before one server: neither takes the other's word.
#[tokio::test]
async fn each_issuer_judges_by_its_own_rules() {
    let (service, token) = Service::with_verified_token().await;
    let issuer = service.keys.realm(&service.world);
    let stricter = issuer.authorized_parties(["nobody"]);
    let other = protected(stricter.connect().await.unwrap().jwt());
    let status = get(&other, &token).await.status;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    service.admits(&token, 1).await;
}

#[tokio::test]
async fn a_logout_is_stronger_than_memory() {
    let world = World::start().await;
    let instance = Instance::start(&world).await;
    instance.subscribe(&world).await;
    let session = world.server.login("alice");
    let token = session.token().jwt();
    for router in [&instance.jwt, &instance.hybrid] {
        assert_eq!(get(router, &token).await.status, StatusCode::OK);
    }
    session.log_out().await;
    for router in [&instance.jwt, &instance.hybrid] {
        assert_eq!(get(router, &token).await.status, StatusCode::UNAUTHORIZED);
    }
}

/// Layers of one issuer remember together; what a layer insists on is its own.
#[tokio::test]
async fn layers_share_what_is_remembered_and_nothing_else() {
    let service = Service::start().await;
    let issuer = service.keys.realm(&service.world).connect().await.unwrap();
    let (one, other) = (protected(issuer.jwt()), protected(issuer.jwt()));
    let token = service.token();
    assert_eq!(get(&one, &token).await.status, StatusCode::OK);
    let looked_at = service.looked_at();
    assert_eq!(get(&other, &token).await.status, StatusCode::OK);
    assert_eq!(service.looked_at(), looked_at);
}

/// A verifier of the application's own around ours.
#[derive(Clone)]
struct DenyList {
    inner: JwtVerifier,
    denied: Arc<Mutex<Vec<String>>>,
}

impl TokenVerifier for DenyList {
    fn verify(&self, credentials: &Credentials, freshness: Freshness) -> Verification {
        let token = credentials.token.as_str();
        if self.denied.lock().unwrap().iter().any(|it| it == token) {
            return Verification::now(Err(Reason::Inactive.into()));
        }
        self.inner.verify(credentials, freshness)
    }

    fn can_ask(&self) -> bool {
        false
    }

    fn clock(&self) -> Arc<dyn Clock> {
        self.inner.clock()
    }
}

#[tokio::test]
async fn a_verifier_around_one_that_remembers_is_asked_each_time() {
    let service = Service::start().await;
    let issuer = service.keys.realm(&service.world).connect().await.unwrap();
    let list = DenyList {
        inner: issuer.jwt(),
        denied: Arc::default(),
    };
    let routers = [protected(list.clone()), protected(Arc::new(list.clone()))];
    let token = service.token();
    for router in &routers {
        assert_eq!(get(router, &token).await.status, StatusCode::OK);
    }
    assert_eq!(service.looked_at(), 1);
    list.denied.lock().unwrap().push(token.clone());
    for router in &routers {
        assert_eq!(get(router, &token).await.status, StatusCode::UNAUTHORIZED);
    }
}
