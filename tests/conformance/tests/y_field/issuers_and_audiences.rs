//! Which issuer a token is of, where that issuer is, and whom the token is for.

use axum::Router;
use http::{StatusCode, header};
use portcullis::{AccessTokenProfile, Issuer};
use portcullis_conformance::{
    AUDIENCE, CLIENT_ID, CLIENT_SECRET, CapturedLog, World, get, post_active, protected,
};
use portcullis_testing::{AuthorizationServerBuilder, Client, Endpoint};
use serde_json::{Value, json};
use tracing::Level;

use crate::support::{assert_ok, get_at};

#[tokio::test]
async fn y36_joserfc_90_a_slash_at_the_end_of_an_issuer_is_kept_and_never_doubled() {
    for (path, other) in [("/t", "/t/"), ("/t/", "/t"), ("/", ""), ("", "/")] {
        let world = World::with(|server| server.issuer_path(path)).await;
        let issuer = Issuer::builder(world.server.issuer())
            .unwrap()
            .profile(AccessTokenProfile::Keycloak)
            .audience(AUDIENCE)
            .clock(world.clock.clone());
        let router = protected(issuer.build().unwrap().jwt());
        assert_ok(&get(&router, &world.server.token().jwt()).await);
        for request in world.server.requests(Endpoint::Discovery) {
            assert!(!request.target.contains("//"), "{}", request.target);
        }
        let iss = format!("{}{other}", world.server.origin());
        let token = world.server.token().claim("iss", iss).jwt();
        get(&router, &token).await.assert_invalid_token();
    }
}

#[tokio::test]
async fn y37_keycloak_29783_the_issuer_and_the_address_it_is_fetched_from_are_two_settings() {
    const PUBLIC: &str = "https://id.example.com/realms/test";
    let world = World::with(|server| server.issuer(PUBLIC)).await;
    let inside = format!("{}/realms/test", world.server.origin());
    let issuer = world.asking().fetch_from(&*inside).build().unwrap();
    let router = protected(issuer.hybrid());
    let token = world.server.token();
    assert_ok(&get(&router, &token.clone().jwt()).await);
    assert_ok(&post_active(&router, &token.clone().jwt()).await);
    assert_ok(&get(&router, &token.clone().opaque()).await);
    let inner = token.claim("iss", inside).jwt();
    get(&router, &inner).await.assert_invalid_token();
}

#[tokio::test]
async fn y38_keycloak_49113_cve_2026_37979_a_caller_outside_of_aud_is_told_what_is_missing() {
    let logs = CapturedLog::start();
    let world = World::with(AuthorizationServerBuilder::keycloak_style).await;
    world.server.add_client(Client::new("payments-rs", "s"));
    let issuer = world.realm().client_secret("payments-rs", "s");
    let router = protected(issuer.build().unwrap().hybrid());
    let token = world.server.token();
    let without = token.clone().jwt();
    post_active(&router, &without).await.assert_invalid_token();
    let told = logs.matching(Level::WARN, "audience mapper");
    assert_eq!(told.len(), 1, "{:?}", logs.lines());
    let mapped = token.claim("aud", json!([AUDIENCE, "payments-rs"])).jwt();
    assert_ok(&post_active(&router, &mapped).await);
}

#[tokio::test]
async fn y39_keycloak_49753_azp_does_not_stand_in_for_aud_nor_a_refresh_token_for_an_access_token()
{
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let routers = [
        protected(issuer.hybrid()),
        protected(issuer.introspection()),
    ];
    let token = || world.server.token();
    for router in &routers {
        assert_ok(&get(router, &token().jwt()).await);
        let elsewhere = token().client(AUDIENCE).audience("elsewhere");
        let refresh = token().claim("typ", "Refresh");
        for wrong in [elsewhere, refresh] {
            get(router, &wrong.clone().jwt())
                .await
                .assert_invalid_token();
            // Whether or not the server calls it active.
            let inactive = wrong.clone().introspects_as(json!({"active": false}));
            get(router, &inactive.opaque()).await.assert_invalid_token();
            get(router, &wrong.opaque()).await.assert_invalid_token();
        }
    }
}

#[tokio::test]
async fn y46_oathkeeper_491_an_audience_is_a_string_or_an_array() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let router = protected(issuer.hybrid());
    for (aud, is_good) in [
        (json!(AUDIENCE), true),
        (json!([AUDIENCE]), true),
        (json!(["account", AUDIENCE]), true),
        (json!([]), false),
        (json!([["orders-api"]]), false),
        (json!({"aud": AUDIENCE}), false),
        (json!("account orders-api"), false),
        (Value::Null, false),
    ] {
        let token = world.server.token().claim("aud", aud.clone());
        for token in [token.clone().jwt(), token.opaque()] {
            let reply = get(&router, &token).await;
            assert_eq!(reply.status == StatusCode::OK, is_good, "{aud}: {reply:?}");
            assert_ne!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
        }
    }
}

#[tokio::test]
async fn y46_camel_23875_24319_24448_both_paths_check_audience_kind_client_and_issuer() {
    let world = World::start().await;
    let issuer = world.asking().authorized_parties(["test-app"]);
    let router = protected(issuer.build().unwrap().hybrid());
    let token = || world.server.token();
    let good = token();
    assert_ok(&get(&router, &good.clone().jwt()).await);
    assert_ok(&get(&router, &good.opaque()).await);
    for (what, wrong) in [
        ("audience", token().audience("account")),
        ("no audience", token().without_claim("aud")),
        ("kind", token().claim("typ", "ID")),
        ("client", token().client("other-app")),
        ("no client", token().without_claim("azp")),
        ("issuer", token().claim("iss", "https://id.example.com")),
    ] {
        for token in [wrong.clone().jwt(), wrong.opaque()] {
            let reply = get(&router, &token).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{what}: {token}");
        }
    }
    // An answer need not name the issuer that gives it; a JWT must.
    let anonymous = token().without_claim("iss").jwt();
    get(&router, &anonymous).await.assert_invalid_token();
}

#[tokio::test]
async fn y48_agentgateway_3064_each_issuer_has_an_introspection_of_its_own() {
    let (one, other) = (World::start().await, World::start().await);
    other.server.add_client(Client::new("other-rs", "other-s"));
    let asking = |issuer: portcullis::IssuerBuilder<portcullis::WithCredentials>| {
        protected(issuer.build().unwrap().hybrid())
    };
    let router = Router::new()
        .nest(
            "/one",
            asking(one.realm().client_secret(CLIENT_ID, CLIENT_SECRET)),
        )
        .nest(
            "/other",
            asking(other.realm().client_secret("other-rs", "other-s")),
        );
    for (path, world, stranger, client) in [
        ("/one", &one, &other, "b3JkZXJzLWFwaTpvcmRlcnMtc2VjcmV0"),
        ("/other", &other, &one, "b3RoZXItcnM6b3RoZXItcw=="),
    ] {
        one.server.clear_requests();
        other.server.clear_requests();
        assert_ok(&get_at(&router, path, &world.server.token().opaque()).await);
        assert_eq!(stranger.server.total_request_count(), 0);
        let requests = world.server.requests(Endpoint::Introspection);
        let sent = &requests[0].headers[header::AUTHORIZATION];
        assert_eq!(sent.to_str().unwrap(), format!("Basic {client}"));
        let foreign = stranger.server.token().opaque();
        get_at(&router, path, &foreign).await.assert_invalid_token();
        assert_eq!(stranger.server.total_request_count(), 0);
    }
}

#[tokio::test]
async fn y51_spring_security_cve_2026_22748_iss_is_checked_however_the_issuer_was_found() {
    let world = World::start().await;
    let found = world.realm().build().unwrap();
    let named = world.realm().jwks_uri(world.server.url(Endpoint::Jwks));
    let given = world.realm().keys(world.server.jwks().to_string());
    for issuer in [found, named.build().unwrap(), given.build().unwrap()] {
        let router = protected(issuer.jwt());
        assert_ok(&get(&router, &world.server.token().jwt()).await);
        // Signed with the issuer's own key.
        let token = world.server.token();
        let token = token.claim("iss", "https://id.example.com/realms/test");
        get(&router, &token.jwt()).await.assert_invalid_token();
    }
}
