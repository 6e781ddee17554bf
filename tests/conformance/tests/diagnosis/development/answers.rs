//! What answers look like in it.

use axum::{body::Body, routing::get};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Version, header};
use portcullis::{AuthenticateLayer, EmptyBody, Reason, Rejection};
use portcullis_conformance::{ListeningVerifier, Reply, get as get_with, send};
use serde_json::json;
use tower_http::cors::{Any, CorsLayer};

use super::{Exposing, HEADER, api, exposing, is_marked, told, unverified};

fn refused(method: Method) -> Request<Body> {
    let request = Request::builder()
        .method(method)
        .header(header::ORIGIN, "https://shop.example")
        .header(header::AUTHORIZATION, "Bearer a-token");
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn c18_the_body_says_why_in_fixed_text() {
    for reason in Reason::ALL.iter().copied() {
        let detail = "expected https://id.example.com for orders-api with kid 4711";
        let rejection = Rejection::because(reason, detail).of_verified_token();
        let reply = get_with(&api(exposing(rejection)), "a").await;
        assert!(is_marked(&reply), "{reason:?}");
        let body = reply.json();
        assert_eq!(body["diagnosis"], told(reason), "{reason:?}");
        assert_eq!(body["error_description"], reason.description());
        assert_eq!(body.as_object().unwrap().len(), 3);
    }
}

/// A verifier of one's own says which of its refusals are of tokens that it has verified: of the
/// others nobody is told what they claim.
#[tokio::test]
async fn c18_what_a_token_claims_is_told_of_verified_ones_alone() {
    let mut untold = Vec::new();
    for reason in Reason::ALL.iter().copied() {
        let reply = get_with(&api(exposing(Rejection::because(reason, "detail"))), "a").await;
        assert!(is_marked(&reply), "{reason:?}");
        let diagnosis = &reply.json()["diagnosis"];
        if *diagnosis == unverified() {
            untold.push(reason);
        } else if reason == Reason::Revoked {
            assert_eq!(*diagnosis, told(Reason::Inactive));
        } else {
            assert_eq!(*diagnosis, told(reason), "{reason:?}");
        }
    }
    let expected = [
        Reason::MalformedHeader,
        Reason::AlgorithmNotAllowed,
        Reason::NotAnAccessToken,
        Reason::MalformedClaims,
        Reason::WrongIssuer,
        Reason::WrongAudience,
        Reason::WrongParty,
        Reason::Expired,
        Reason::NotYetValid,
        Reason::IssuedInFuture,
        Reason::UnknownKey,
        Reason::BadSignature,
        Reason::Unconfirmed,
        Reason::LivesTooLong,
        Reason::SenderConstrained,
        Reason::KeyPending,
    ];
    assert_eq!(untold, expected);
}

/// Everything but the body and the mark.
fn rest(reply: &Reply) -> (StatusCode, HeaderMap) {
    let mut headers = reply.headers.clone();
    headers.remove(HEADER);
    headers.remove(header::CONTENT_LENGTH);
    (reply.status, headers)
}

#[tokio::test]
async fn c18_nothing_else_of_an_answer_changes() {
    for reason in Reason::ALL.iter().copied() {
        let rejection = Rejection::because(reason, "detail");
        let plain = AuthenticateLayer::new(ListeningVerifier::refusing(rejection.clone()));
        let plain = get_with(&api(plain), "a").await;
        let told = get_with(&api(exposing(rejection)), "a").await;
        assert_eq!(rest(&told), rest(&plain), "{reason:?}");
        assert!(!is_marked(&plain));
        let body = json!({
            "error": told.json()["error"],
            "error_description": told.json()["error_description"],
        });
        assert_eq!(plain.json(), body, "{reason:?}");
    }
}

#[tokio::test]
async fn c18_good_answers_bear_no_mark() {
    let verifier = ListeningVerifier::vouching(&json!({"sub": "alice"}));
    let reply = get_with(&api(AuthenticateLayer::new(Exposing(verifier))), "a").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(!is_marked(&reply));
}

#[tokio::test]
async fn c18_the_mark_stands_wherever_there_is_a_refusal() {
    let layer = || exposing(Reason::Expired.into());
    let reply = send(&api(layer()), refused(Method::HEAD)).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert!(is_marked(&reply), "HEAD");

    let cors = CorsLayer::new().allow_origin(Any);
    let reply = send(&api(layer()).layer(cors), refused(Method::GET)).await;
    assert!(is_marked(&reply), "below CORS");
    assert!(reply.challenge().is_some());
    let origin = &reply.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN];
    assert_eq!(origin, "*");

    let empty = axum::Router::new()
        .route("/", get(|| async {}))
        .layer(layer().render_with(EmptyBody));
    let reply = send(&empty, refused(Method::GET)).await;
    assert!(is_marked(&reply), "without a body");
    assert!(reply.body.is_empty());
}

#[tokio::test]
async fn c18_a_renderer_is_told_and_cannot_take_the_mark_off() {
    for (is_exposing, is_verified) in [(false, true), (true, false), (true, true)] {
        let rejection = Rejection::because(Reason::Expired, "detail");
        let verifier = ListeningVerifier::refusing(match is_verified {
            true => rejection.of_verified_token(),
            false => rejection,
        });
        let layer = match is_exposing {
            true => AuthenticateLayer::new(Exposing(verifier)),
            false => AuthenticateLayer::new(verifier),
        };
        let layer = layer.render_with(|rejection: &Rejection, response: &mut http::Response<_>| {
            response.headers_mut().clear();
            let no = HeaderValue::from_static("0");
            if rejection.exposes_diagnosis() {
                response.headers_mut().insert(HEADER, no);
                *response.body_mut() = Body::from(rejection.diagnosis().to_string());
            }
        });
        let router = axum::Router::new()
            .route("/", get(|| async {}))
            .layer(layer);
        let reply = get_with(&router, "a").await;
        assert_eq!(is_marked(&reply), is_exposing);
        let expired = Reason::Expired;
        let shown = format!("{} {}", expired.explanation(), expired.cure());
        let is_shown = is_exposing && is_verified;
        assert_eq!(reply.body, if is_shown { shown } else { String::new() });
    }
}

/// A client of gRPC reads its status, and the mark beside it.
#[tokio::test]
async fn c18_grpc_has_the_mark_alone() {
    let router = axum::Router::new()
        .route("/", axum::routing::post(|| async {}))
        .layer(exposing(Reason::WrongAudience.into()).answer_grpc());
    let mut request = refused(Method::POST);
    *request.version_mut() = Version::HTTP_2;
    let grpc = HeaderValue::from_static("application/grpc");
    request.headers_mut().insert(header::CONTENT_TYPE, grpc);
    let reply = send(&router, request).await;
    assert_eq!(reply.headers["grpc-status"], "16");
    assert!(is_marked(&reply));
    assert!(reply.body.is_empty());
    let message = reply.headers["grpc-message"].to_str().unwrap();
    assert_eq!(message, Reason::WrongAudience.description());
}
