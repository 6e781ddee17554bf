//! Issuers that can be asked beside such that cannot.

use portcullis_conformance::get;

use crate::{Two, active, status};

#[tokio::test]
async fn e21_each_issuer_has_its_own_way() {
    let two = Two::start().await;
    let router = two.router(|issuers, one, other| issuers.introspect(one).local(other));
    let (asked, local) = (two.one.server.token().jwt(), two.other.server.token().jwt());
    assert_eq!(status(&router, &asked).await, 200);
    assert_eq!(status(&router, &local).await, 200);
    assert_eq!(two.calls(), (1, 0));
}

#[tokio::test]
async fn e21_a_token_that_nobody_can_be_asked_about_is_not_live() {
    let two = Two::start().await;
    let router = two.router(|issuers, one, other| issuers.hybrid(one).local(other));
    assert_eq!(
        active(&router, &two.one.server.token().jwt()).await.status,
        200
    );
    let local = two.other.server.token().jwt();
    // A client may bring it anywhere: that is no fault of ours.
    active(&router, &local).await.assert_invalid_token();
    assert_eq!(get(&router, &local).await.status, 200);
    // Where no issuer can be asked at all, it is.
    let deaf = two.router(|issuers, one, other| issuers.local(one).local(other));
    assert_eq!(active(&deaf, &local).await.status, 500);
}
