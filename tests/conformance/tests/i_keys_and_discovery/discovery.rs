//! I1–I5: the document, where it is and whose it is.

use http::StatusCode;
use portcullis::{AccessTokenProfile, Issuer};
use portcullis_conformance::{AUDIENCE, CapturedLog, World, get, post_active, protected};
use portcullis_testing::{Endpoint, WellKnown};
use serde_json::json;
use tracing::Level;

use crate::support::fetches;

#[tokio::test]
async fn i1_the_documents_issuer_is_the_configured_one_exactly() {
    let logs = CapturedLog::start();
    let world = World::start().await;
    let issuer = world.server.issuer().to_owned();
    for found in [
        format!("{issuer}/"),
        issuer.replace("http:", "https:"),
        issuer.replace("127.0.0.1", "localhost"),
        issuer.replace("127.0.0.1", "127.0.0.2"),
        issuer.to_uppercase(),
        issuer.replace("/realms/", "/Realms/"),
        issuer.replace("/realms/test", "/realms/%74est"),
        issuer.replace("/realms/test", ""),
        String::new(),
    ] {
        world.server.clear_requests();
        world.server.patch_discovery(&json!({"issuer": found}));
        let refused = world.realm().connect().await;
        assert!(refused.is_err(), "{found}: not ready");
        let asking = world.asking().build().unwrap();
        let token = world.server.token().jwt();
        for router in [protected(asking.jwt()), protected(asking.introspection())] {
            let reply = get(&router, &token).await;
            assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{found}");
            reply.assert_unavailable();
        }
        assert_eq!(fetches(&world), 0, "{found}");
        assert_eq!(world.server.request_count(Endpoint::Introspection), 0);
        // The log says what is wrong with which.
        let told = logs.matching(Level::ERROR, &format!("{found:?}"));
        assert!(!told.is_empty(), "{found}");

        world.server.reset_discovery();
        let issuer = world.realm().connect().await.unwrap();
        let reply = get(&protected(issuer.jwt()), &token).await;
        assert_eq!(reply.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn i1_a_document_without_an_issuer_is_refused() {
    let world = World::start().await;
    for issuer in [json!(null), json!(1), json!([world.server.issuer()])] {
        world.server.patch_discovery(&json!({"issuer": issuer}));
        let router = protected(world.realm().build().unwrap().jwt());
        let token = world.server.token().jwt();
        get(&router, &token).await.assert_unavailable();
        assert_eq!(fetches(&world), 0, "{issuer}");
    }
}

/// The targets of all requests for metadata, in their order.
fn asked_for(world: &World) -> Vec<String> {
    let requests = world.server.requests(Endpoint::Discovery).into_iter();
    requests.map(|request| request.target).collect()
}

/// Issuer path, OpenID's place, RFC 8414's place.
const PLACES: [(&str, &str, &str); 4] = [
    (
        "/realms/r",
        "/realms/r/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/realms/r",
    ),
    (
        "/realms/r/",
        "/realms/r/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/realms/r",
    ),
    (
        "",
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
    ),
    (
        "/",
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
    ),
];

/// Verifies a good token against a server with this issuer path.
async fn verify_at(world: &World) {
    let issuer = Issuer::builder(world.server.issuer())
        .unwrap()
        .profile(AccessTokenProfile::Keycloak)
        .audience(AUDIENCE)
        .clock(world.clock.clone())
        .build()
        .unwrap();
    let reply = get(&protected(issuer.jwt()), &world.server.token().jwt()).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", world.server.issuer());
}

#[tokio::test]
async fn i2_the_oauth_metadata_path_is_inserted() {
    for (path, openid, oauth) in PLACES {
        let world = World::with(|server| server.issuer_path(path)).await;
        let openid_configuration = WellKnown::OpenIdConfiguration;
        world.server.serve_well_known(openid_configuration, false);
        verify_at(&world).await;
        assert_eq!(asked_for(&world), [openid, oauth], "{path}");
    }
}

#[tokio::test]
async fn i3_the_openid_metadata_path_is_appended_and_comes_first() {
    for (path, openid, _) in PLACES {
        let world = World::with(|server| server.issuer_path(path)).await;
        verify_at(&world).await;
        assert_eq!(asked_for(&world), [openid], "{path}");
    }
}

#[tokio::test]
async fn i4_an_issuer_with_query_fragment_or_plain_http_fails_the_build() {
    let built = |issuer: &str| {
        let builder = Issuer::builder(issuer)?;
        builder.audience(AUDIENCE).build().map(drop)
    };
    for issuer in [
        "https://id.example.com/realms/r?x=1",
        "https://id.example.com/realms/r?",
        "https://id.example.com/realms/r#x",
        "https://id.example.com/realms/r#",
        "http://id.example.com/realms/r",
        "http://localhost/realms/r",
        "http://10.0.0.1/realms/r",
        "http://127.0.0.1.example.com/realms/r",
        "https://user:password@id.example.com/realms/r",
        "ftp://id.example.com/realms/r",
        "id.example.com/realms/r",
        "https://",
        "",
    ] {
        let error = built(issuer).expect_err(issuer);
        assert_eq!(error.setting(), "issuer", "{issuer}");
    }
    for issuer in [
        "https://id.example.com/realms/r",
        "https://id.example.com",
        "http://127.0.0.1:8080/realms/r",
        "http://[::1]:8080/realms/r",
    ] {
        assert!(built(issuer).is_ok(), "{issuer}");
    }
    let allowed = Issuer::builder("http://id.example.com/realms/r").unwrap();
    assert!(
        allowed
            .danger_allow_http()
            .audience(AUDIENCE)
            .build()
            .is_ok()
    );
}

const PUBLIC: &str = "https://id.example.com/realms/test";

async fn split_world() -> World {
    World::with(|server| server.issuer(PUBLIC)).await
}

#[tokio::test]
async fn i5_the_fetch_url_may_differ_from_the_issuer() {
    let world = split_world().await;
    let inside = format!("{}/realms/test", world.server.origin());
    let asking = || {
        world
            .asking()
            .fetch_from(inside.as_str())
            .build()
            .unwrap()
            .hybrid()
    };
    let token = world.server.token().jwt();
    let router = protected(asking());
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    assert_eq!(post_active(&router, &token).await.status, StatusCode::OK);

    // Endpoints that are published under the public name are looked for inside, too.
    let public = |path| format!("{PUBLIC}/protocol/openid-connect/{path}");
    world.server.patch_discovery(&json!({
        "jwks_uri": public("certs"),
        "introspection_endpoint": public("token/introspect"),
    }));
    world.server.clear_requests();
    let router = protected(asking());
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    assert_eq!(post_active(&router, &token).await.status, StatusCode::OK);
    assert_eq!(fetches(&world), 1);
    assert_eq!(world.server.request_count(Endpoint::Introspection), 1);
}

#[tokio::test]
async fn i5_what_is_compared_is_the_issuer_not_the_fetch_url() {
    let world = split_world().await;
    let inside = format!("{}/realms/test", world.server.origin());
    let issuer = world.realm().fetch_from(inside.as_str());
    let router = protected(issuer.build().unwrap().jwt());
    let good = world.server.token();
    assert_eq!(
        get(&router, &good.clone().jwt()).await.status,
        StatusCode::OK
    );
    // A token that names the inner address is not the issuer's.
    let inner = good.clone().claim("iss", inside.as_str()).jwt();
    get(&router, &inner).await.assert_invalid_token();

    // Nor is a document that does.
    world.server.patch_discovery(&json!({"issuer": inside}));
    let asking = world.asking().fetch_from(inside.as_str());
    let router = protected(asking.build().unwrap().hybrid());
    get(&router, &good.jwt()).await.assert_unavailable();
}

#[tokio::test]
async fn i1_an_issuer_without_end_does_not_fill_the_log() {
    let logs = CapturedLog::start();
    let world = World::start().await;
    let found = format!("https://id.example.com/{}", "a".repeat(100_000));
    world.server.patch_discovery(&json!({"issuer": found}));
    let error = world.realm().connect().await.map(drop).unwrap_err();
    assert!(error.to_string().len() < 1_000, "{error}");
    let lines = logs.matching(Level::ERROR, "https://id.example.com/aaa");
    assert!(!lines.is_empty());
    assert!(logs.lines().iter().all(|line| line.text.len() < 1_000));
}
