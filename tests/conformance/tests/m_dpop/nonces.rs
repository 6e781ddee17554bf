//! Nonces of ours (RFC 9449 §9).

use std::time::Duration;

use http::StatusCode;
use portcullis::{AuthenticateLayer, Dpop, NonceKeys};
use portcullis_conformance::{Reply, send, state_keys};

use crate::{API, Bound, ask, errors, refused, service};

const WANTED: &str = "use_dpop_nonce";

async fn wanting() -> Bound {
    let keys = NonceKeys::of_this_process().unwrap();
    Bound::with(|dpop| dpop.nonces(&keys)).await
}

fn nonce(reply: &Reply) -> Option<String> {
    let nonces: Vec<_> = reply.headers.get_all("dpop-nonce").iter().collect();
    assert!(nonces.len() < 2, "{reply:?}");
    let nonce = nonces.first()?.to_str().unwrap();
    Some(nonce.to_owned())
}

#[tokio::test]
async fn m12_a_proof_without_a_nonce_gets_one() {
    let bound = wanting().await;
    let reply = bound.get(bound.proof().jwt()).await;
    assert_eq!(errors(&reply), refused(WANTED));
    let nonce = nonce(&reply).unwrap();
    assert_eq!(reply.headers["cache-control"], "no-store");
    // The refusal has not used the proof up: its `jti` comes again with the nonce.
    bound
        .accepts(bound.proof().nonce(&nonce), "with the nonce")
        .await;
    let without = bound.proof().claim("jti", "other");
    bound
        .refuses(without.jwt(), WANTED, "and not without it")
        .await;
}

#[tokio::test]
async fn m12_an_unknown_nonce_gets_a_good_one() {
    let bound = wanting().await;
    let good = nonce(&bound.get(bound.proof().jwt()).await).unwrap();
    let mut other = good.clone().into_bytes();
    other[0] = if other[0] == b'A' { b'B' } else { b'A' };
    let other = String::from_utf8(other).unwrap();
    for bad in ["", "x", &other, &format!("{good}="), &good.to_uppercase()] {
        let reply = bound.get(bound.proof().nonce(bad).jwt()).await;
        assert_eq!(errors(&reply), refused(WANTED), "{bad}");
        assert_eq!(nonce(&reply), Some(good.clone()), "{bad}");
    }
    bound
        .refuses_proof(bound.proof().claim("nonce", 1), "no text")
        .await;
}

#[tokio::test]
async fn m12_an_old_nonce_is_none_and_an_aging_one_is_replaced() {
    let bound = wanting().await;
    let first = nonce(&bound.get(bound.proof().jwt()).await).unwrap();
    let reply = bound.get(bound.proof().nonce(&first).jwt()).await;
    assert_eq!((reply.status, nonce(&reply)), (StatusCode::OK, None));
    bound.world.clock.advance(Duration::from_secs(60));
    let reply = bound.get(bound.proof().nonce(&first).jwt()).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.headers["cache-control"], "no-store");
    let second = nonce(&reply).unwrap();
    assert_ne!(first, second);
    bound.world.clock.advance(Duration::from_secs(60));
    bound
        .refuses(bound.proof().nonce(&first).jwt(), WANTED, "old")
        .await;
    bound.accepts(bound.proof().nonce(&second), "new").await;
}

#[tokio::test]
async fn m13_a_nonce_is_unpredictable_and_of_permitted_characters() {
    let (one, other) = (wanting().await, wanting().await);
    let one = nonce(&one.get(one.proof().jwt()).await).unwrap();
    let other = nonce(&other.get(other.proof().jwt()).await).unwrap();
    assert_ne!(one, other);
    let is_permitted = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    assert!(one.len() >= 32 && one.bytes().all(is_permitted), "{one}");
}

#[tokio::test]
async fn m12_instances_take_each_others_nonces() {
    let keys = NonceKeys::shared(&state_keys());
    let one = Bound::with(|dpop| dpop.nonces(&keys)).await;
    let other = Bound::with(|dpop| dpop.nonces(&NonceKeys::shared(&state_keys()))).await;
    let nonce = nonce(&one.get(one.proof().jwt()).await).unwrap();
    other
        .accepts(other.proof().nonce(&nonce), "the other's")
        .await;
}

#[tokio::test]
async fn m12_who_has_no_proof_at_all_gets_a_nonce_too() {
    let bound = wanting().await;
    let reply = send(&bound.router, ask(&bound.token, &[])).await;
    assert_eq!(errors(&reply), refused("invalid_dpop_proof"));
    assert!(nonce(&reply).is_some());
}

#[tokio::test]
async fn m12_a_layer_that_wants_nonces_gets_them_inside_of_one_that_does_not() {
    let bound = Bound::start().await;
    let issuer = bound.world.realm().connect().await.unwrap();
    let outer = Dpop::at(API).unwrap();
    let inner = outer.clone().nonces(&NonceKeys::of_this_process().unwrap());
    let router =
        service(issuer.jwt(), inner).layer(AuthenticateLayer::new(issuer.jwt()).dpop(outer));
    let reply = send(&router, ask(&bound.token, &[&bound.proof().jwt()])).await;
    assert_eq!(errors(&reply), refused(WANTED));
    let nonce = nonce(&reply).unwrap();
    let proof = bound.proof().nonce(&nonce).jwt();
    let reply = send(&router, ask(&bound.token, &[&proof])).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    let again = send(&router, ask(&bound.token, &[&proof])).await;
    assert_eq!(errors(&again), refused("invalid_dpop_proof"));
}

/// A proof has one nonce: it cannot be that of two layers.
#[tokio::test]
async fn m12_layers_within_each_other_want_one_nonce() {
    let bound = Bound::start().await;
    let issuer = bound.world.realm().connect().await.unwrap();
    let wanting = || {
        let keys = NonceKeys::of_this_process().unwrap();
        Dpop::at(API).unwrap().nonces(&keys)
    };
    let outer = AuthenticateLayer::new(issuer.jwt()).dpop(wanting());
    let router = service(issuer.jwt(), wanting()).layer(outer);
    let reply = send(&router, ask(&bound.token, &[&bound.proof().jwt()])).await;
    let proof = bound.proof().nonce(&nonce(&reply).unwrap()).jwt();
    let reply = send(&router, ask(&bound.token, &[&proof])).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
}
