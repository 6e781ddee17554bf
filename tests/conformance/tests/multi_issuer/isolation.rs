//! What one issuer knows is nothing to another.

use portcullis_conformance::get;
use portcullis_testing::{Endpoint, Fault};

use crate::{Two, active, introspections, status};

#[tokio::test]
async fn e21_keys_are_not_shared() {
    let two = Two::start().await;
    let router = two.router(|issuers, one, other| issuers.local(one).local(other));
    let key = two
        .other
        .server
        .signing_key(portcullis_testing::SigningAlgorithm::RS256);
    // The other's key, under its own id and in the name of the first.
    let forged = two.one.server.token().signed_with(&key).jwt();
    assert_ne!(status(&router, &forged).await, 200);
    let named = two
        .one
        .server
        .signing_key(portcullis_testing::SigningAlgorithm::RS256);
    let disguised = two
        .one
        .server
        .token()
        .signed_with(&key)
        .header("kid", named.key_id())
        .jwt();
    get(&router, &disguised).await.assert_invalid_token();
}

#[tokio::test]
async fn e21_answers_and_calls_are_not_shared() {
    let two = Two::start().await;
    let value = "the-same-opaque-token";
    let value = two.one.server.token().opaque_value(value);
    let value = value.as_str();
    let declared = two.issuers.0.identifier().to_owned();
    let first = two.router(|issuers, one, other| {
        issuers
            .introspect(one)
            .introspect(other)
            .opaque_tokens_of(&declared)
    });
    let declared = two.issuers.1.identifier().to_owned();
    let second = two.router(|issuers, one, other| {
        issuers
            .introspect(one)
            .introspect(other)
            .opaque_tokens_of(&declared)
    });
    // Active at one, unknown to the other, whichever was asked first.
    let (here, there) = tokio::join!(status(&first, value), status(&second, value));
    assert_eq!((here, there), (200, 401));
    assert_eq!(
        (introspections(&two.one), introspections(&two.other)),
        (1, 1)
    );
    assert_eq!(status(&first, value).await, 200);
}

#[tokio::test]
async fn v21_one_issuer_that_is_down_does_not_concern_another() {
    let two = Two::start().await;
    let router = two.router(|issuers, one, other| issuers.hybrid(one).hybrid(other));
    two.one
        .server
        .inject(Endpoint::Introspection, Fault::status(503));
    let (mine, yours) = (two.one.server.token().jwt(), two.other.server.token().jwt());
    for _ in 0..10 {
        active(&router, &mine).await.assert_unavailable();
        assert_eq!(active(&router, &yours).await.status, 200);
    }
}

#[tokio::test]
async fn e21_what_is_over_is_over_for_its_issuer_alone() {
    let two = Two::start().await;
    let router = two.router(|issuers, one, other| issuers.hybrid(one).hybrid(other));
    // The same session name at both.
    let mine = two.one.server.token().claim("sid", "s").jwt();
    let yours = two.other.server.token().claim("sid", "s").jwt();
    assert!(two.one.server.revoke(&mine));
    assert_eq!(active(&router, &mine).await.status, 401);
    assert_eq!(status(&router, &mine).await, 401);
    assert_eq!(status(&router, &yours).await, 200);
}
