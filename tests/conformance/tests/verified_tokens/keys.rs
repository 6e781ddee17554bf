//! What is remembered is bound to the key that signed it.

use http::StatusCode;
use portcullis_conformance::{base64url, get, parts, protected};
use portcullis_testing::{Rotation, SigningAlgorithm};
use serde_json::json;
use tokio::task::yield_now;

use crate::support::{MINUTE, Service};

/// The set is fetched in the background once it is due, and this is late enough.
async fn fetch_anew(service: &Service, token: &str) -> StatusCode {
    let asked = service.keys.asked();
    service.world.clock.advance(10 * MINUTE);
    let status = service.status(token).await;
    assert_eq!(service.keys.asked(), asked + 1);
    status
}

#[tokio::test]
async fn a_token_is_verified_once() {
    let service = Service::start().await;
    let token = service.token();
    for _ in 0..3 {
        service.admits(&token, 1).await;
    }
    service.admits(&service.token(), 2).await;
    service.admits(&token, 2).await;
}

/// Keys that were given once and for all.
#[tokio::test]
async fn a_token_of_a_fixed_key_is_verified_once() {
    let service = Service::start().await;
    let issuer = service
        .world
        .realm()
        .keys(service.world.server.jwks().to_string());
    let router = protected(issuer.build().unwrap().jwt());
    let token = service.token();
    for _ in 0..3 {
        assert_eq!(get(&router, &token).await.status, StatusCode::OK);
        assert_eq!(service.looked_at(), 1);
    }
}

#[tokio::test]
async fn what_a_removed_key_has_signed_is_refused() {
    let (service, token) = Service::with_verified_token().await;
    service.rotate(Rotation::DropOld);
    assert_eq!(fetch_anew(&service, &token).await, StatusCode::UNAUTHORIZED);
    service.refuses(&token).await;
}

#[tokio::test]
async fn a_set_that_still_has_the_key_keeps_what_it_has_signed() {
    let (service, token) = Service::with_verified_token().await;
    service.rotate(Rotation::KeepOld);
    assert_eq!(fetch_anew(&service, &token).await, StatusCode::OK);
    service.admits(&token, 1).await;
    service.admits(&service.token(), 2).await;
}

/// The key is there, and may not be used for this any more.
#[tokio::test]
async fn a_key_that_is_for_something_else_now_has_signed_nothing() {
    for patch in [
        json!({"use": "enc"}),
        json!({"alg": "RS512"}),
        json!({"key_ops": ["encrypt"]}),
        json!({"kid": "another"}),
    ] {
        let (service, token) = Service::with_verified_token().await;
        let server = &service.world.server;
        let key = server.signing_key(SigningAlgorithm::RS256);
        assert!(server.patch_jwk(key.key_id(), &patch));
        service.keys.publish(&service.world, &[]);
        let status = fetch_anew(&service, &token).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{patch}");
    }
}

/// Another key under the same id: the old signature is none of its.
#[tokio::test]
async fn another_key_of_the_same_id_has_signed_nothing() {
    let (service, token) = Service::with_verified_token().await;
    let server = &service.world.server;
    let old = server.signing_key(SigningAlgorithm::RS256);
    let new = service.rotate(Rotation::DropOld);
    assert!(server.patch_jwk(new.key_id(), &json!({"kid": old.key_id()})));
    service.keys.publish(&service.world, &[]);
    assert_eq!(fetch_anew(&service, &token).await, StatusCode::UNAUTHORIZED);
    assert_eq!(service.looked_at(), 2);
}

#[tokio::test]
async fn unknown_key_ids_make_nobody_forget() {
    let (service, token) = Service::with_verified_token().await;
    for number in 0..50 {
        let forged = service
            .world
            .server
            .token()
            .header("kid", format!("unknown-{number}"))
            .jwt();
        assert_ne!(service.status(&forged).await, StatusCode::OK);
        service.world.clock.advance(MINUTE / 6);
        yield_now().await;
    }
    service.admits(&token, 1).await;
}

/// While the issuer is away the old set stands in, and what is remembered with it.
#[tokio::test]
async fn an_outage_of_the_issuer_costs_no_second_look() {
    let (service, token) = Service::with_verified_token().await;
    service
        .keys
        .answer(StatusCode::INTERNAL_SERVER_ERROR, &[], "");
    assert_eq!(fetch_anew(&service, &token).await, StatusCode::OK);
    service.admits(&token, 1).await;
}

#[tokio::test]
async fn a_changed_byte_is_another_token() {
    let (service, token) = Service::with_verified_token().await;
    let [header, payload, signature] = parts(&token);
    let spoiled = |text: &str| {
        let mut bytes = text.to_owned().into_bytes();
        bytes[0] = if bytes[0] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    let shortened = |text: &str| text.chars().take(text.len() - 1).collect::<String>();
    let claims = base64url(br#"{"sub":"admin"}"#);
    for forged in [
        format!("{header}.{payload}.{}", spoiled(signature)),
        format!("{header}.{}.{signature}", spoiled(payload)),
        format!("{}.{payload}.{signature}", spoiled(header)),
        format!("{header}.{claims}.{signature}"),
        format!("{header}.{payload}."),
        shortened(&token),
    ] {
        service.refuses(&forged).await;
        service.refuses(&forged).await;
    }
    assert_eq!(service.status(&token).await, StatusCode::OK);
}
