//! The document and where it is.

use axum::body::Body;
use http::{Method, Request};
use portcullis::{Algorithm, Dpop, ResourceMetadata};
use portcullis_conformance::{World, send};
use serde_json::{Value, json};

use crate::{fetch, service};

async fn served(metadata: &ResourceMetadata) -> (axum::Router, World) {
    let world = World::start().await;
    let issuer = world.realm().build().unwrap();
    (service(issuer.jwt(), metadata), world)
}

fn of(resource: &str) -> ResourceMetadata {
    ResourceMetadata::of(resource).unwrap()
}

#[tokio::test]
async fn l1_the_document_is_at_the_root_for_a_resource_without_a_path() {
    let (router, _world) = served(&of("https://api.example")).await;
    let reply = fetch(&router, "/.well-known/oauth-protected-resource").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json()["resource"], "https://api.example");
}

#[tokio::test]
async fn l2_the_well_known_part_stands_between_host_and_path() {
    for (resource, url) in [
        (
            "https://api.example/v1/x",
            "https://api.example/.well-known/oauth-protected-resource/v1/x",
        ),
        (
            "https://api.example/",
            "https://api.example/.well-known/oauth-protected-resource",
        ),
        (
            "https://api.example:8443/a/",
            "https://api.example:8443/.well-known/oauth-protected-resource/a",
        ),
        (
            "https://api.example/p?t=1",
            "https://api.example/.well-known/oauth-protected-resource/p?t=1",
        ),
        (
            "https://api.example/:a/*b/{c}",
            "https://api.example/.well-known/oauth-protected-resource/:a/*b/%7Bc%7D",
        ),
    ] {
        let metadata = of(resource);
        assert_eq!(metadata.url(), url);
        let (router, _world) = served(&metadata).await;
        let path = url.split_once("example").unwrap().1;
        let path = path.get(path.find('/').unwrap()..).unwrap();
        assert_eq!(fetch(&router, path).await.json()["resource"], resource);
    }
    let (router, _world) = served(&of("https://api.example/p?t=1")).await;
    for other in ["", "?t=2", "?t=1&u=2"] {
        let path = format!("/.well-known/oauth-protected-resource/p{other}");
        assert_eq!(fetch(&router, &path).await.status, 404, "{other}");
    }
}

#[tokio::test]
async fn l3_whoever_asks_gets_json_and_nothing_else_is_answered() {
    let (router, _world) = served(&of("https://api.example")).await;
    let path = "/.well-known/oauth-protected-resource";
    let reply = fetch(&router, path).await;
    assert_eq!(reply.headers["content-type"], "application/json");
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let request = Request::builder().method(method).uri(path);
        let reply = send(&router, request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, 405);
    }
    // The service itself wants a token as ever.
    assert_eq!(fetch(&router, "/").await.status, 401);
}

#[tokio::test]
async fn l4_the_resource_is_the_configured_one_letter_for_letter() {
    for resource in [
        "https://API.example/",
        "https://api.example:443",
        "https://api.example/a/../b",
    ] {
        let metadata = of(resource);
        let document: Value = serde_json::from_str(&metadata.to_json()).unwrap();
        assert_eq!(document["resource"], resource);
        let renamed = metadata.member("resource", json!("https://evil.example"));
        assert!(!renamed.to_json().contains("evil"));
    }
}

#[test]
fn l5_the_resource_is_https_without_a_fragment() {
    for bad in [
        "http://api.example",
        "https://api.example/#a",
        "api.example",
        "",
        "urn:a:b",
        "https://u:p@api.example",
    ] {
        assert!(ResourceMetadata::of(bad).is_err(), "{bad}");
    }
}

#[test]
fn l6_what_is_empty_is_left_out() {
    let metadata = of("https://api.example")
        .member("scopes_supported", json!([]))
        .member("resource_name", json!(null))
        .member("resource_documentation", json!("https://api.example/docs"));
    let document: Value = serde_json::from_str(&metadata.to_json()).unwrap();
    let names: Vec<_> = document.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "bearer_methods_supported",
            "resource",
            "resource_documentation"
        ]
    );
    let none: [&str; 0] = [];
    assert!(metadata.clone().scopes(none).is_err());
    let document = metadata.bearer_methods(none).to_json();
    assert!(
        document.contains(r#""bearer_methods_supported":[]"#),
        "{document}"
    );
}

#[test]
fn l7_the_bearer_methods_are_those_that_are_taken() {
    let document = of("https://api.example").to_json();
    assert!(document.contains(r#""bearer_methods_supported":["header"]"#));
    let both = of("https://api.example")
        .bearer_methods(["header", "query"])
        .to_json();
    assert!(both.contains(r#""bearer_methods_supported":["header","query"]"#));
}

#[test]
fn l8_and_l12_nothing_is_said_of_signatures() {
    let document = of("https://api.example").to_json();
    assert!(!document.contains("resource_signing_alg_values_supported"));
}

#[test]
fn l12_signed_metadata_is_not_offered() {
    let document = of("https://api.example").to_json();
    assert!(!document.contains("signed_metadata"));
}

#[test]
fn l9_issuers_scopes_and_bindings_are_those_that_are_configured() {
    let dpop = Dpop::at("https://api.example").unwrap();
    let dpop = dpop.algorithms([Algorithm::Es256, Algorithm::EdDsa]);
    let metadata = of("https://api.example")
        .authorization_server("https://id.example/realms/shop")
        .authorization_server("https://id.example/realms/shop/")
        .scopes(["read", "write"])
        .unwrap()
        .dpop(&dpop)
        .dpop_required()
        .client_certificates();
    let document: Value = serde_json::from_str(&metadata.to_json()).unwrap();
    let expected = json!({
        "resource": "https://api.example",
        "authorization_servers": ["https://id.example/realms/shop", "https://id.example/realms/shop/"],
        "scopes_supported": ["read", "write"],
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": ["ES256", "EdDSA"],
        "dpop_bound_access_tokens_required": true,
        "tls_client_certificate_bound_access_tokens": true,
    });
    assert_eq!(document, expected);
}

#[tokio::test]
async fn l13_scripts_of_other_origins_may_read_it() {
    let (router, _world) = served(&of("https://api.example")).await;
    let reply = fetch(&router, "/.well-known/oauth-protected-resource").await;
    assert_eq!(reply.headers["access-control-allow-origin"], "*");
}

#[tokio::test]
async fn l14_two_resources_on_one_host_have_two_documents() {
    let world = World::start().await;
    let issuer = world.realm().build().unwrap();
    let (one, other) = (
        of("https://api.example/one"),
        of("https://api.example/other"),
    );
    let router = axum::Router::new()
        .nest("/one", service_of(&issuer, &one))
        .nest("/other", service_of(&issuer, &other))
        .merge(portcullis_axum::resource_metadata_route(&one))
        .merge(portcullis_axum::resource_metadata_route(&other));
    for name in ["one", "other"] {
        let document = format!("/.well-known/oauth-protected-resource/{name}");
        let reply = fetch(&router, &document).await;
        assert_eq!(
            reply.json()["resource"],
            format!("https://api.example/{name}")
        );
        let refused = fetch(&router, &format!("/{name}")).await;
        let named = refused.challenge().unwrap();
        let named = named.parameter("resource_metadata").unwrap();
        assert_eq!(named, format!("https://api.example{document}"));
    }
}

fn service_of<C>(issuer: &portcullis::Issuer<C>, metadata: &ResourceMetadata) -> axum::Router {
    axum::Router::new()
        .route("/", axum::routing::get(|| async {}))
        .layer(portcullis::AuthenticateLayer::new(issuer.jwt()).resource_metadata(metadata))
}
