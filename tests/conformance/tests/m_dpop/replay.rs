//! A proof is good once.

use std::{sync::Arc, time::Duration};

use axum::{Router, routing::get};
use portcullis::{Algorithm, AuthenticateLayer, Dpop, ManualClock, RequireScope, StateKeys};
use portcullis_conformance::{CapturedLog, LogLine, MemoryStore, T0, send, state_keys};
use portcullis_testing::{DpopProofBuilder, SigningAlgorithm, SigningKey};
use tracing::Level;

use crate::{API, Bound, ask, bound_to, errors, refused, service};

const INVALID: &str = "invalid_dpop_proof";

#[tokio::test]
async fn m17_a_proof_is_good_once() {
    let bound = Bound::start().await;
    let proof = bound.proof().jwt();
    assert_eq!(bound.get(&proof).await.status, 200);
    bound.refuses(&proof, INVALID, "again").await;
    bound.world.clock.advance(Duration::from_secs(60));
    bound
        .refuses(&proof, INVALID, "while it is not too old")
        .await;
    bound.accepts(bound.proof(), "another").await;
    // Another proof under the same name is the same.
    let renamed = bound.proof().claim("jti", "x");
    bound.accepts(renamed.clone(), "named").await;
    bound
        .refuses_proof(renamed.claim("bar", 1), "the name again")
        .await;
}

#[tokio::test]
async fn m17_of_two_at_once_one_gets_through() {
    let bound = Bound::start().await;
    let proof = bound.proof().jwt();
    let replies = tokio::join!(bound.get(&proof), bound.get(&proof), bound.get(&proof));
    let mut statuses = [replies.0.status, replies.1.status, replies.2.status].map(|s| s.as_u16());
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401, 401]);
}

#[tokio::test]
async fn m17_what_is_refused_for_another_reason_uses_no_proof_up() {
    let bound = Bound::start().await;
    let proof = bound.proof();
    let other = SigningKey::generate(SigningAlgorithm::ES256);
    // A stranger who guesses the name, a bad signature, and a token that is not the one.
    bound
        .refuses(proof.clone().signature([1; 64]).jwt(), INVALID, "unsigned")
        .await;
    let stranger = bound.proof_by(&other);
    bound
        .refuses(stranger.jwt(), "invalid_token", "a stranger's")
        .await;
    bound
        .refuses(
            proof.clone().claim("htm", "POST").jwt(),
            INVALID,
            "elsewhere",
        )
        .await;
    bound.accepts(proof, "still good").await;
}

#[tokio::test]
async fn m17_the_name_is_not_too_long_and_not_empty() {
    let bound = Bound::start().await;
    bound
        .refuses_proof(bound.proof().claim("jti", "a".repeat(257)), "too long")
        .await;
    bound
        .refuses_proof(bound.proof().claim("jti", ""), "empty")
        .await;
    bound
        .accepts(bound.proof().claim("jti", "a".repeat(256)), "just so")
        .await;
}

#[tokio::test]
async fn m17_one_key_has_its_share_of_the_memory() {
    let mut bound = Bound::with(|dpop| dpop.max_proofs_per_key(3)).await;
    for number in 0..3 {
        bound.accepts(bound.proof(), &number.to_string()).await;
    }
    bound.get(bound.proof().jwt()).await.assert_unavailable();
    // Another client is not concerned, and time heals.
    let (key, token) = (bound.key.clone(), bound.token.clone());
    bound.key = SigningKey::generate(SigningAlgorithm::ES256);
    bound.token = bound_to(&bound.world, &bound.key);
    bound.accepts(bound.proof(), "another").await;
    bound.world.clock.advance(Duration::from_secs(250));
    (bound.key, bound.token) = (key, token);
    bound.accepts(bound.proof(), "later").await;
}

#[tokio::test]
async fn m17_a_clone_with_a_shorter_window_forgets_nothing_too_soon() {
    let dpop = Dpop::at(API).unwrap();
    let bound = Bound::with(|_| dpop.clone()).await;
    let issuer = bound.world.realm().connect().await.unwrap();
    let hasty = service(issuer.jwt(), dpop.window(Duration::from_secs(1)));
    let proof = bound.proof().jwt();
    assert_eq!(bound.get(&proof).await.status, 200);
    for number in 0..3 {
        bound.world.clock.advance(Duration::from_secs(4));
        let other = bound.proof().jwt();
        let reply = send(&hasty, ask(&bound.token, &[&other])).await;
        assert_eq!(reply.status, 200, "{number}: {reply:?}");
    }
    bound.refuses(&proof, INVALID, "again").await;
}

#[tokio::test]
async fn m17_a_clock_that_is_set_back_makes_no_proof_good_again() {
    let bound = Bound::start().await;
    let proof = bound.proof().jwt();
    assert_eq!(bound.get(&proof).await.status, 200);
    for number in 0..2 {
        bound.world.clock.advance(Duration::from_secs(130));
        bound.accepts(bound.proof(), &number.to_string()).await;
    }
    bound.world.clock.jump_to(T0);
    bound.get(&proof).await.assert_unavailable();
    // By then nothing as old was forgotten.
    bound.world.clock.jump_to(T0 + 100);
    bound.accepts(bound.proof(), "a new one").await;
}

#[tokio::test]
async fn m17_a_window_may_be_as_long_as_can_be() {
    let bound = Bound::with(|dpop| dpop.window(Duration::MAX)).await;
    let proof = bound.proof().jwt();
    assert_eq!(bound.get(&proof).await.status, 200);
    bound.refuses(&proof, INVALID, "again").await;
}

#[tokio::test]
async fn m17_the_memory_is_as_large_as_it_is_made() {
    let mut bound = Bound::with(|dpop| dpop.max_proofs(6)).await;
    for number in 0..3 {
        bound.key = SigningKey::generate(SigningAlgorithm::ES256);
        bound.token = bound_to(&bound.world, &bound.key);
        bound.accepts(bound.proof(), &number.to_string()).await;
    }
    bound.get(bound.proof().jwt()).await.assert_unavailable();
    bound.world.clock.advance(Duration::from_secs(130));
    bound.accepts(bound.proof(), "later").await;
}

#[tokio::test]
async fn m17_instances_that_share_a_store_take_a_proof_once() {
    let store = Arc::new(store());
    let bound = Bound::with(|dpop| dpop.shared_store(store.clone(), &state_keys())).await;
    let issuer = bound.world.realm().connect().await.unwrap();
    let dpop = Dpop::at(API).unwrap().shared_store(store, &state_keys());
    let other = service(issuer.jwt(), dpop);
    let proof = bound.proof().jwt();
    assert_eq!(send(&other, ask(&bound.token, &[&proof])).await.status, 200);
    bound.refuses(&proof, INVALID, "at the other").await;
    let proof = bound.proof().jwt();
    let (here, there) = tokio::join!(
        bound.get(&proof),
        send(&other, ask(&bound.token, &[&proof]))
    );
    let mut statuses = [here.status, there.status].map(|status| status.as_u16());
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
}

#[tokio::test]
async fn m17_instances_that_change_their_keys_take_a_proof_once() {
    let store = Arc::new(store());
    let (old, new) = ("0123456789abcdef".repeat(4), "fedcba9876543210".repeat(4));
    let keys = |own: &str, other: &str| {
        let keys = StateKeys::from_hex(own).unwrap();
        keys.or_previous_hex(other).unwrap()
    };
    let bound = Bound::with(|dpop| dpop.shared_store(store.clone(), &keys(&new, &old))).await;
    let issuer = bound.world.realm().connect().await.unwrap();
    for (number, keys) in [
        keys(&old, &new),
        StateKeys::from_hex(&old).unwrap(),
        StateKeys::from_hex(&new).unwrap(),
    ]
    .iter()
    .enumerate()
    {
        let dpop = Dpop::at(API).unwrap().shared_store(store.clone(), keys);
        let other = service(issuer.jwt(), dpop);
        let proof = bound.proof().jwt();
        assert_eq!(bound.get(&proof).await.status, 200, "{number}");
        let again = send(&other, ask(&bound.token, &[&proof])).await;
        assert_eq!(errors(&again), refused(INVALID), "{number}");
        let proof = bound.proof().jwt();
        let first = send(&other, ask(&bound.token, &[&proof])).await;
        assert_eq!(first.status, 200, "{number}");
        bound.refuses(&proof, INVALID, "at the other").await;
    }
}

#[tokio::test]
async fn v24_a_store_that_is_down_is_503() {
    let store = store();
    store.set_down(true);
    let shared = Arc::new(store.clone());
    let bound = Bound::with(|dpop| dpop.shared_store(shared, &state_keys())).await;
    let logs = CapturedLog::start();
    for _ in 0..2 {
        let reply = bound.get(bound.proof().jwt()).await;
        reply.assert_unavailable();
    }
    let is_warning = |line: &LogLine| line.level == Level::WARN && line.text.contains("proofs");
    let warnings = || logs.lines().into_iter().filter(is_warning).count();
    assert_eq!(warnings(), 1, "{:?}", logs.lines());
    // What is bad is still refused as what it is.
    bound
        .refuses_proof(bound.proof().claim("htm", "POST"), "bad")
        .await;
    // When it has failed after it was well again, that is news.
    store.set_down(false);
    bound.accepts(bound.proof(), "it is well again").await;
    store.set_down(true);
    bound.get(bound.proof().jwt()).await.assert_unavailable();
    assert_eq!(warnings(), 2, "{:?}", logs.lines());
}

#[tokio::test]
async fn m17_layers_within_each_other_judge_a_proof_once() {
    let bound = Bound::start().await;
    let issuer = bound.world.realm().connect().await.unwrap();
    let layer = || AuthenticateLayer::new(issuer.jwt()).dpop(Dpop::at(API).unwrap());
    let dpop = Dpop::at(API).unwrap();
    let shared = AuthenticateLayer::new(issuer.jwt()).dpop(dpop);
    let router = Router::new()
        .route("/orders", get(|| async {}))
        .layer(shared.clone())
        .layer(shared);
    let proof = bound.proof().jwt();
    assert_eq!(
        send(&router, ask(&bound.token, &[&proof])).await.status,
        200
    );
    let again = send(&router, ask(&bound.token, &[&proof])).await;
    assert_eq!(errors(&again), refused(INVALID));
    // A layer that knows no other judges for itself.
    let alone = Router::new()
        .route("/orders", get(|| async {}))
        .layer(layer());
    assert_eq!(send(&alone, ask(&bound.token, &[&proof])).await.status, 200);
}

#[tokio::test]
async fn m17_a_layer_that_insists_on_more_judges_for_itself() {
    let bound = Bound::start().await;
    let issuer = bound.world.realm().connect().await.unwrap();
    let outer = || {
        Dpop::at(API)
            .unwrap()
            .algorithms([Algorithm::Es256, Algorithm::EdDsa])
    };
    let nested = |outer: Dpop, inner: Dpop| {
        service(issuer.jwt(), inner).layer(AuthenticateLayer::new(issuer.jwt()).dpop(outer))
    };
    let get = async |router: &Router, proof: DpopProofBuilder| {
        let reply = send(router, ask(&bound.token, &[&proof.jwt()])).await;
        errors(&reply)
    };
    let good = (200, vec![]);

    let other = outer().algorithms([Algorithm::EdDsa]);
    let router = nested(outer(), other);
    assert_eq!(get(&router, bound.proof()).await, refused(INVALID));

    let hasty = outer().window(Duration::from_secs(5));
    let router = nested(outer(), hasty);
    assert_eq!(get(&router, bound.proof()).await, good);
    let proof = bound.proof().claim("iat", T0 - 6);
    assert_eq!(get(&router, proof).await, refused(INVALID));

    // What is used at one instance is not good at another, however its outer layers remember.
    let store = Arc::new(store());
    let shared = || outer().shared_store(store.clone(), &state_keys());
    let proof = bound.proof().claim("jti", "once");
    let (one, another) = (nested(outer(), shared()), nested(outer(), shared()));
    assert_eq!(get(&one, proof.clone()).await, good);
    assert_eq!(get(&another, proof).await, refused(INVALID));
    // Nor do those that are made of one another remember together.
    let own = outer();
    let router = nested(own.clone(), own.shared_store(store.clone(), &state_keys()));
    assert_eq!(get(&router, bound.proof()).await, good);
    // An outer layer that has used it up in the store has done so for both.
    let both = nested(shared(), shared());
    assert_eq!(get(&both, bound.proof()).await, good);
}

#[tokio::test]
async fn m17_a_guard_that_refuses_says_so_under_the_scheme_that_was_used() {
    let bound = Bound::start().await;
    let issuer = bound.world.realm().connect().await.unwrap();
    let router = Router::new()
        .route("/orders", get(|| async {}))
        .layer(RequireScope::all(["write"]).unwrap())
        .layer(AuthenticateLayer::new(issuer.jwt()).dpop(Dpop::at(API).unwrap()));
    let proof = bound.proof().jwt();
    let reply = send(&router, ask(&bound.token, &[&proof])).await;
    let schemes = vec![
        ("Bearer".to_owned(), None),
        ("DPoP".to_owned(), Some("insufficient_scope".to_owned())),
    ];
    assert_eq!(errors(&reply), (403, schemes));
}

fn store() -> MemoryStore {
    MemoryStore::new(&ManualClock::at(T0))
}
