//! O1 to O4: what an assertion says.

use std::collections::HashSet;

use http::StatusCode;
use portcullis::AssertionAudience;
use portcullis_conformance::{T0, World, get, protected};
use portcullis_testing::{Client, Endpoint, SigningAlgorithm, SigningKey};

use crate::support::{ID, Keyed, claims};

#[tokio::test]
async fn o1_issuer_and_subject_are_the_client() {
    let keyed = Keyed::start().await;
    let claims = claims(&keyed.asked(keyed.authentication()).await);
    assert_eq!(claims["iss"], ID);
    assert_eq!(claims["sub"], ID);
}

#[tokio::test]
async fn o2_the_audience_is_the_issuer_as_one_string() {
    let keyed = Keyed::start().await;
    let claims_of = async |client| claims(&keyed.asked(client).await);
    let discovered = claims_of(keyed.authentication()).await;
    assert_eq!(discovered["aud"], keyed.world.server.issuer());
    // However the endpoint was found.
    let endpoint = keyed.world.server.url(Endpoint::Introspection);
    let issuer = keyed.asking(keyed.authentication());
    let issuer = issuer.introspection_endpoint(endpoint).build().unwrap();
    let router = protected(issuer.introspection());
    let named = claims(&crate::support::asked(&keyed.world, &router).await);
    assert_eq!(named["aud"], keyed.world.server.issuer());
}

#[tokio::test]
async fn o3_the_endpoint_as_the_audience_is_a_switch() {
    let keyed = Keyed::start().await;
    let old = || {
        let client = keyed.authentication();
        client.assertion_audience(AssertionAudience::Endpoint)
    };
    // A server of today refuses it, and that is a mistake of ours.
    let token = keyed.world.server.token().opaque();
    let reply = get(&keyed.router(old()), &token).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);

    keyed.world.server.accept_endpoint_audiences(true);
    let claims = claims(&keyed.asked(old()).await);
    let endpoint = keyed.world.server.url(Endpoint::Introspection);
    assert_eq!(claims["aud"], endpoint);
}

#[tokio::test]
async fn o3_the_endpoint_is_named_as_the_server_publishes_it_wherever_it_is_reached() {
    const PUBLIC: &str = "https://id.example.com/realms/test";
    let world = World::with(|server| server.issuer(PUBLIC)).await;
    let inside = format!("{}/realms/test", world.server.origin());
    let published = format!("{PUBLIC}/protocol/openid-connect/token/introspect");
    let patch = serde_json::json!({"introspection_endpoint": published});
    world.server.patch_discovery(&patch);
    let key = SigningKey::generate(SigningAlgorithm::ES256);
    let client = Client::with_public_key(ID, &key).assertion_audiences([&published]);
    world.server.add_client(client);
    let keyed = Keyed { world, key };
    let client = keyed.authentication();
    let client = client.assertion_audience(AssertionAudience::Endpoint);
    let issuer = keyed.asking(client).fetch_from(inside).build().unwrap();
    let router = protected(issuer.introspection());
    let claims = claims(&crate::support::asked(&keyed.world, &router).await);
    assert_eq!(claims["aud"], published);
}

#[tokio::test]
async fn o4_an_assertion_lives_for_a_minute_and_is_like_no_other() {
    let keyed = Keyed::start().await;
    let router = keyed.router(keyed.authentication());
    const ASSERTIONS: usize = 1000;
    for _ in 0..ASSERTIONS {
        let reply = get(&router, &keyed.world.server.token().opaque()).await;
        assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    }
    let requests = keyed.world.server.requests(Endpoint::Introspection);
    let mut ids = HashSet::new();
    for request in &requests {
        let claims = claims(request);
        assert_eq!(claims["iat"], T0);
        assert_eq!(claims["exp"], T0 + 60);
        let id = claims["jti"].as_str().unwrap();
        // 128 bits are 22 characters.
        assert!(id.len() >= 22, "{id}");
        assert!(ids.insert(id.to_owned()), "{id} came twice");
    }
    assert_eq!(ids.len(), ASSERTIONS);
}
