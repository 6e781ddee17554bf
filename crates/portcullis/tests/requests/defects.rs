//! A custom part that panics is a defect of the service: 500, and the next request is served.

use std::sync::atomic::{AtomicBool, Ordering};

use http::{HeaderValue, Response, header};
use portcullis::{
    Answer, AuthenticateLayer, CertificateSource, Credentials, Freshness, Reason, Rejection,
    RequestView, RequireActiveLayer, RequireLayer, Requirement, TokenFacts, TokenVerifier,
    Verification, verifier_fn,
};
use serde_json::json;
use tower::{Layer, ServiceBuilder, service_fn};

use crate::support::{Body, Scripted, admitted, facts, greet, request, send};

#[tokio::test]
async fn a_panic_on_the_verifiers_way_is_500() {
    let first = AtomicBool::new(true);
    let verifier = verifier_fn(move |_, _| {
        let panics = first.swap(false, Ordering::SeqCst);
        async move {
            assert!(!panics, "as told");
            facts(&json!({}), None)
        }
    });
    let service = AuthenticateLayer::new(verifier).layer(service_fn(greet));
    let seen = send(service.clone(), request(Some("good"))).await;
    assert_eq!(seen.status, 500);
    assert_eq!(seen.header("www-authenticate"), None);
    assert_eq!(send(service, request(Some("good"))).await.status, 200);
}

/// Panics before there is a future to poll.
struct Hasty;

impl TokenVerifier for Hasty {
    fn verify(&self, _: &Credentials, _: Freshness) -> Verification {
        panic!("as told")
    }

    fn can_ask(&self) -> bool {
        false
    }
}

#[tokio::test]
async fn a_panic_at_the_verifiers_start_is_500() {
    let service = AuthenticateLayer::new(Hasty).layer(service_fn(greet));
    assert_eq!(send(service, request(Some("good"))).await.status, 500);
}

#[tokio::test]
async fn a_panic_of_the_token_extractor_is_500() {
    let layer = AuthenticateLayer::new(Hasty).extractor(|_: RequestView<'_>| panic!("as told"));
    let seen = send(layer.layer(service_fn(greet)), request(None)).await;
    assert_eq!(seen.status, 500);
}

#[tokio::test]
async fn a_panic_of_the_certificate_source_is_500() {
    let verifier = verifier_fn(|_, _| async { facts(&json!({}), None) });
    let source = CertificateSource::client_cert_header(|_: RequestView<'_>| panic!("as told"));
    let service = AuthenticateLayer::optional(verifier)
        .client_certificate(source)
        .layer(service_fn(greet));
    let seen = send(service.clone(), request(Some("good"))).await;
    assert_eq!(seen.status, 500);
    assert_eq!(send(service, request(None)).await.status, 200);
}

#[tokio::test]
async fn a_panic_while_the_server_is_asked_is_500() {
    let verifier = verifier_fn(|_, freshness| async move {
        assert_eq!(freshness, Freshness::AsConfigured, "as told");
        facts(&json!({}), None)
    });
    let service = ServiceBuilder::new()
        .layer(AuthenticateLayer::new(verifier))
        .layer(RequireActiveLayer::live())
        .service_fn(greet);
    assert_eq!(send(service, request(Some("good"))).await.status, 500);
}

struct Rash;

impl Requirement for Rash {
    fn judge(&self, _: &TokenFacts, _: portcullis::Timestamp) -> Result<(), Rejection> {
        panic!("as told")
    }
}

#[tokio::test]
async fn a_panic_of_a_requirement_is_500() {
    let verifier = verifier_fn(|_, _| async { facts(&json!({}), None) });
    let service = ServiceBuilder::new()
        .layer(AuthenticateLayer::new(verifier))
        .layer(RequireLayer::new(Rash))
        .service_fn(greet);
    assert_eq!(send(service, request(Some("good"))).await.status, 500);
}

#[tokio::test]
async fn where_the_renderer_panics_only_the_body_is_missing() {
    let clumsy = |_: &Rejection, response: &mut Response<Body>| {
        *response.body_mut() = Body::from("half a sen");
        let gzip = HeaderValue::from_static("gzip");
        response
            .headers_mut()
            .insert(header::CONTENT_ENCODING, gzip);
        panic!("as told")
    };
    let layer = AuthenticateLayer::new(Scripted::plain()).render_with(clumsy);
    let service = layer.layer(service_fn(greet));
    let seen = send(service.clone(), request(None)).await;
    assert_eq!((seen.status.as_u16(), seen.body.as_str()), (401, ""));
    let challenge = seen.header("www-authenticate");
    assert_eq!(challenge, Some(r#"Bearer realm="api""#));
    assert_eq!(seen.header("cache-control"), Some("no-store"));
    assert_eq!(seen.header("content-encoding"), None);
    assert_eq!(send(service, request(Some("good"))).await.status, 200);
}

/// Cannot be deserialized without a panic.
#[derive(Debug)]
struct Brittle;

impl<'de> serde::Deserialize<'de> for Brittle {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("as told")
    }
}

#[tokio::test]
async fn a_panic_of_a_claims_type_is_500() {
    let token = admitted(Scripted::plain()).await;
    let rejection = token.claims::<Brittle>().unwrap_err();
    assert_eq!(rejection.reason(), Reason::Internal);
    assert!(token.claims::<serde_json::Value>().is_ok());
}

/// Answers with nothing.
struct Silent;

impl TokenVerifier for Silent {
    fn verify(&self, _: &Credentials, _: Freshness) -> Verification {
        Verification::Now(None::<Answer>)
    }

    fn can_ask(&self) -> bool {
        false
    }
}

#[tokio::test]
async fn a_verifier_whose_answer_was_taken_already_is_500() {
    let service = AuthenticateLayer::new(Silent).layer(service_fn(greet));
    assert_eq!(send(service, request(Some("good"))).await.status, 500);
}
