//! Issuers that are known only when their tokens come.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::Router;
use portcullis::{MultiIssuerVerifier, Realm, TokenVerifier};
use portcullis_conformance::{AUDIENCE, World, get, protected};
use portcullis_testing::Endpoint;

use crate::status;

/// A service that admits the issuers of these worlds, `limit` at a time, and counts how often it
/// looked at its list.
fn admitting(worlds: &[&World], limit: usize) -> (Router, Arc<AtomicUsize>) {
    let looked = Arc::new(AtomicUsize::new(0));
    let list: Vec<_> = worlds
        .iter()
        .map(|world| (world.server.issuer().to_owned(), world.clock.clone()))
        .collect();
    let count = looked.clone();
    let clock = list.first().unwrap().1.clone();
    let verifier = MultiIssuerVerifier::builder()
        .clock(clock)
        .tenants(limit, move |issuer| {
            count.fetch_add(1, Ordering::SeqCst);
            let (own, clock) = list.iter().find(|(own, _)| own == issuer)?;
            let realm = Realm::new(own)
                .ok()?
                .audience(AUDIENCE)
                .clock(clock.clone());
            Some(Arc::new(realm.build().ok()?.jwt()) as Arc<dyn TokenVerifier>)
        })
        .build()
        .unwrap();
    (protected(verifier), looked)
}

fn key_fetches(world: &World) -> usize {
    world.server.request_count(Endpoint::Jwks)
}

#[tokio::test]
async fn e21_a_tenant_is_admitted_once() {
    let (one, other) = (World::start().await, World::start().await);
    let (router, looked) = admitting(&[&one, &other], 10);
    for _ in 0..3 {
        assert_eq!(status(&router, &one.server.token().jwt()).await, 200);
        assert_eq!(status(&router, &other.server.token().jwt()).await, 200);
    }
    assert_eq!(looked.load(Ordering::SeqCst), 2);
    assert_eq!((key_fetches(&one), key_fetches(&other)), (1, 1));
}

#[tokio::test]
async fn e21_who_is_not_on_the_list_is_refused_without_a_call() {
    let (one, stranger) = (World::start().await, World::start().await);
    let (router, _) = admitting(&[&one], 10);
    get(&router, &stranger.server.token().jwt())
        .await
        .assert_invalid_token();
    assert_eq!(stranger.server.total_request_count(), 0);
    let opaque = one.server.token().opaque();
    get(&router, &opaque).await.assert_invalid_token();
    assert_eq!(one.server.total_request_count(), 0);
}

#[tokio::test]
async fn e21_the_table_is_bounded_and_lets_go_of_the_one_least_used() {
    let (one, two, three) = (
        World::start().await,
        World::start().await,
        World::start().await,
    );
    let (router, looked) = admitting(&[&one, &two, &three], 2);
    let bearing = |world: &World| world.server.token().jwt();
    assert_eq!(status(&router, &bearing(&one)).await, 200);
    assert_eq!(status(&router, &bearing(&two)).await, 200);
    assert_eq!(status(&router, &bearing(&one)).await, 200);
    // The second makes room for the third.
    assert_eq!(status(&router, &bearing(&three)).await, 200);
    assert_eq!(status(&router, &bearing(&one)).await, 200);
    assert_eq!(looked.load(Ordering::SeqCst), 3);
    assert_eq!(status(&router, &bearing(&two)).await, 200);
    assert_eq!(looked.load(Ordering::SeqCst), 4);
    assert_eq!((key_fetches(&one), key_fetches(&two)), (1, 2));
    // One that is in use stays, however many come and go.
    for other in [&three, &two].repeat(6) {
        assert_eq!(status(&router, &bearing(&one)).await, 200);
        assert_eq!(status(&router, &bearing(other)).await, 200);
    }
    assert_eq!(looked.load(Ordering::SeqCst), 4 + 12);
    assert_eq!(key_fetches(&one), 1);
}
