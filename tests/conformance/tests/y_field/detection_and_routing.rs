//! What kind of token this is, whose fault it is, and on which route it stands.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Router, body::Body, routing::get as on_get};
use http::{Request, StatusCode, header};
use portcullis::{AuthenticateLayer, RequireScope};
use portcullis_axum::Claims;
use portcullis_conformance::{
    LocalWorld, World, base64url, get, poll_once, post_active, protected, send,
};
use portcullis_testing::{Answer, Endpoint, Fault};
use serde_json::{Value, json};

use crate::support::{assert_ok, calls};

#[tokio::test]
async fn y47_open_liberty_9824_a_jwt_is_told_by_its_header_and_not_by_its_dots() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    for opaque in [
        "ory_at_one.dot",
        "two.dots.here",
        "eyJ_-_-_-_-0_-.looks.likeone",
        "a.b.c.d.e",
        "no-dots",
    ] {
        let before = calls(&world);
        let token = world.server.token().opaque_value(opaque);
        assert_ok(&get(&router, &token).await);
        assert_eq!(calls(&world), before + 1, "{opaque}");
    }
    let before = calls(&world);
    let header = base64url(r#"{"alg":"RS256","typ":"JWT"}"#);
    for jwt in [
        world.server.token().signature("forged").jwt(),
        format!("{header}.{header}"),
        header,
    ] {
        get(&router, &jwt).await.assert_invalid_token();
    }
    assert_eq!(calls(&world), before, "a bad JWT is no opaque token");
}

#[tokio::test]
async fn y49_qauth_171_a_server_out_of_reach_sends_nobody_to_refresh() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    let (jwt, opaque) = (world.server.token().jwt(), world.server.token().opaque());
    world.server.stop().await.unwrap();
    get(&router, &jwt).await.assert_unavailable();
    get(&router, &opaque).await.assert_unavailable();
    world.server.restart().await.unwrap();
    world.clock.advance(std::time::Duration::from_secs(6));
    assert_ok(&get(&router, &jwt).await);
    assert_ok(&get(&router, &opaque).await);
    world.server.stop().await.unwrap();
    post_active(&router, &jwt).await.assert_unavailable();
}

#[tokio::test]
async fn y50_envoy_15194_a_token_that_is_optional_is_not_any_token() {
    async fn hall(claims: Option<Claims<Value>>) -> &'static str {
        claims.map_or("nobody", |_| "somebody")
    }
    let (world, stranger) = (World::start().await, World::start().await);
    let issuer = world.asking().build().unwrap();
    let router = Router::new()
        .route("/", on_get(hall))
        .layer(AuthenticateLayer::optional(issuer.hybrid()));
    let request = Request::get("/").body(Body::empty()).unwrap();
    assert_eq!(send(&router, request).await.body, "nobody");
    let reply = get(&router, &world.server.token().jwt()).await;
    assert_eq!(reply.body, "somebody");
    for token in [
        stranger.server.token().jwt(),
        stranger.server.token().opaque(),
        "anything".to_owned(),
    ] {
        get(&router, &token).await.assert_invalid_token();
    }
}

#[tokio::test]
async fn y50_envoy_cve_2025_64527_2024_45809_no_key_set_and_no_request_for_one_brings_us_down() {
    let world = World::start().await;
    let token = world.server.token().jwt();
    let odd = [
        json!({"keys": [{}, null, 1, "x", [], {"kty": "RSA"}, {"kty": "RSA", "n": "", "e": ""}]}),
        json!({"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}),
        json!([]),
        json!({"keys": null}),
    ];
    for set in odd {
        let fault = Fault::answer(Answer::json(&set));
        world.server.inject(Endpoint::Jwks, fault);
        let router = protected(world.realm().build().unwrap().jwt());
        let reply = get(&router, &token).await;
        assert!(
            reply.status != StatusCode::OK && reply.status != 500,
            "{set}"
        );
        world.server.clear_faults(Endpoint::Jwks);
    }
    // A request that goes away while its keys are fetched.
    let router = protected(world.realm().build().unwrap().jwt());
    let mut gone = Box::pin(get(&router, &token));
    assert!(poll_once(&mut gone).is_pending());
    drop(gone);
    assert_ok(&get(&router, &token).await);
}

#[tokio::test]
async fn y50_cve_2019_12995_no_malformed_jwt_brings_us_down() {
    let local = LocalWorld::start().await;
    let good = local.server().token().jwt();
    let parts: Vec<&str> = good.split('.').collect();
    let empty = base64url("{}");
    for token in [
        ".",
        "..",
        "...",
        &format!("{}.", parts[0]),
        &format!("{}..{}", parts[0], parts[2]),
        &format!(".{}.{}", parts[1], parts[2]),
        &format!("{}.{}.", parts[0], parts[1]),
        &format!("{empty}.{empty}.{empty}"),
        &format!("{good}.{good}"),
        &format!("{}.{}.{}", base64url([0xff; 9]), parts[1], parts[2]),
        &format!("{}.{}.{}", parts[0], base64url("{"), parts[2]),
    ] {
        local.refuses_unasked(token, token).await;
    }
    local.accepts(&good, "the good one").await;
}

#[tokio::test]
async fn y54_quarkus_cve_2026_39852_no_spelling_of_a_path_gets_around_a_guard() {
    let world = World::start().await;
    let entered = Arc::new(AtomicUsize::new(0));
    let office = {
        let entered = entered.clone();
        on_get(move || async move {
            entered.fetch_add(1, Ordering::SeqCst);
        })
    };
    let guard = RequireScope::all(["admin"]).unwrap();
    let router = Router::new()
        .route("/admin", office.route_layer(guard))
        .fallback(|| async { "the hall" })
        .layer(AuthenticateLayer::new(world.realm().build().unwrap().jwt()));
    let request = |path: &str, scope: &str| {
        let token = world.server.token().scope(scope).jwt();
        Request::get(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            // What a proxy might have asked about.
            .header("x-forwarded-uri", "/public")
            .header("x-original-url", "/public")
            .header("x-rewrite-url", "/public")
            .body(Body::empty())
            .unwrap()
    };
    for path in [
        "/admin",
        "/admin;x=1",
        "/admin/",
        "//admin",
        "/%61dmin",
        "/./admin",
        "/public/../admin",
        "/ADMIN",
        "/admin?x=/public",
        "/admin%2f",
    ] {
        let reply = send(&router, request(path, "read")).await;
        assert_eq!(entered.load(Ordering::SeqCst), 0, "{path}: {reply:?}");
    }
    assert_ok(&send(&router, request("/admin", "admin")).await);
    assert_eq!(entered.load(Ordering::SeqCst), 1);
}
