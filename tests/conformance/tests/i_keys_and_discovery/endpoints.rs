//! I6, I17: where a document may send us.

use http::StatusCode;
use portcullis::{Issuer, IssuerBuilder};
use portcullis_conformance::{
    AUDIENCE, CLIENT_ID, CLIENT_SECRET, CapturedLog, World, get, protected,
};
use portcullis_testing::{Endpoint, Fault};
use serde_json::json;
use tracing::Level;

#[tokio::test]
async fn i6_redirects_are_not_followed() {
    let elsewhere = World::start().await;
    let world = World::start().await;
    let token = world.server.token().jwt();
    for (endpoint, same_path) in [
        (Endpoint::Discovery, Endpoint::Discovery),
        (Endpoint::Jwks, Endpoint::Jwks),
    ] {
        for status in [301, 302, 303, 307, 308] {
            let target = elsewhere.server.url(same_path);
            let redirect = Fault::status(status).header("location", target.as_str());
            world.server.inject(endpoint, redirect);
            let router = protected(world.realm().build().unwrap().jwt());
            let reply = get(&router, &token).await;
            let case = format!("{endpoint:?} {status}");
            assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{case}");
            reply.assert_unavailable();
            assert_eq!(elsewhere.server.connection_count(), 0, "{case}");
            world.server.clear_faults(endpoint);
        }
    }
    // A redirect at the same host is not followed either.
    let target = world.server.url(Endpoint::Other);
    let redirect = Fault::status(302).header("location", target.as_str());
    world.server.inject(Endpoint::Jwks, redirect);
    let router = protected(world.realm().build().unwrap().jwt());
    get(&router, &token).await.assert_unavailable();
    assert_eq!(world.server.request_count(Endpoint::Other), 0);

    world.server.clear_faults(Endpoint::Jwks);
    let router = protected(world.realm().build().unwrap().jwt());
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn i17_endpoints_without_https_are_refused_in_a_document() {
    let logs = CapturedLog::start();
    let world = World::start().await;
    let token = world.server.token();
    let (jwt, opaque) = (token.clone().jwt(), token.opaque());
    let by_name = |endpoint| {
        let url = world.server.url(endpoint);
        url.replace("127.0.0.1", "localhost")
    };
    for (member, address) in [
        ("jwks_uri", by_name(Endpoint::Jwks)),
        ("jwks_uri", "http://id.example.com/jwks".to_owned()),
        ("jwks_uri", "file:///etc/passwd".to_owned()),
        ("jwks_uri", "/jwks".to_owned()),
        ("introspection_endpoint", by_name(Endpoint::Introspection)),
        (
            "introspection_endpoint",
            "http://id.example.com/introspect".to_owned(),
        ),
    ] {
        world.server.clear_requests();
        world.server.patch_discovery(&json!({member: address}));
        let issuer = world.asking().build().unwrap();
        let reply = if member == "jwks_uri" {
            get(&protected(issuer.jwt()), &jwt).await
        } else {
            get(&protected(issuer.introspection()), &opaque).await
        };
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{address}");
        reply.assert_unavailable();
        assert_eq!(world.server.request_count(Endpoint::Jwks), 0, "{address}");
        let calls = world.server.request_count(Endpoint::Introspection);
        assert_eq!(calls, 0, "{address}");
        let told = logs.matching(Level::ERROR, &format!("`{member}` cannot be used"));
        assert!(!told.is_empty(), "{address}");

        world.server.reset_discovery();
        let issuer = world.asking().build().unwrap();
        let reply = get(&protected(issuer.jwt()), &jwt).await;
        assert_eq!(reply.status, StatusCode::OK);
        let reply = get(&protected(issuer.introspection()), &opaque).await;
        assert_eq!(reply.status, StatusCode::OK);
    }
}

/// Credentials go to the issuer's own origin, or where the operator says.
#[tokio::test]
async fn i17_an_introspection_endpoint_on_another_host_gets_no_credentials() {
    let elsewhere = World::start().await;
    let world = World::start().await;
    let address = elsewhere.server.url(Endpoint::Introspection);
    world
        .server
        .patch_discovery(&json!({"introspection_endpoint": address}));
    let token = elsewhere.server.token();
    let token = token.claim("iss", world.server.issuer()).opaque();
    let router = protected(world.asking().build().unwrap().introspection());
    get(&router, &token).await.assert_unavailable();
    assert_eq!(elsewhere.server.connection_count(), 0);

    let named = world.asking().introspection_endpoint(address);
    let router = protected(named.build().unwrap().introspection());
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
}

#[test]
fn i17_endpoints_without_https_fail_the_build() {
    type Setting = fn(IssuerBuilder, &str) -> IssuerBuilder;
    let settings: [(&str, Setting); 3] = [
        ("jwks_uri", |issuer, address| issuer.jwks_uri(address)),
        ("introspection_endpoint", |issuer, address| {
            issuer.introspection_endpoint(address)
        }),
        ("fetch_from", |issuer, address| issuer.fetch_from(address)),
    ];
    for (name, set) in settings {
        let issuer = || {
            Issuer::builder("https://id.example.com")
                .unwrap()
                .audience(AUDIENCE)
        };
        for address in [
            "http://id.example.com/x",
            "http://localhost/x",
            "ftp://127.0.0.1/x",
            "/x",
        ] {
            let error = set(issuer(), address).build().expect_err(address);
            assert_eq!(error.setting(), name, "{address}");
            let asking = set(issuer(), address).client_secret(CLIENT_ID, CLIENT_SECRET);
            assert!(asking.build().is_err(), "{name} {address}");
        }
        for address in ["https://id.example.com/x", "http://127.0.0.1/x"] {
            assert!(set(issuer(), address).build().is_ok(), "{name} {address}");
        }
    }
}
