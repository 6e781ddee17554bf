//! D10–D15: what an active answer says, and for whom.

use axum::{Router, routing::get as route};
use http::StatusCode;
use portcullis::{AuthenticateLayer, RequireScope, TokenVerifier};
use portcullis_axum::Claims;
use portcullis_conformance::{AUDIENCE, T0, World, get, protected};
use serde::Deserialize;
use serde_json::json;

use crate::support::Told;

/// A route that needs one scope.
fn scoped(verifier: impl TokenVerifier, scope: &str) -> Router {
    let guard = RequireScope::all([scope]).unwrap();
    Router::new()
        .route("/", route(|| async {}).route_layer(guard))
        .layer(AuthenticateLayer::new(verifier))
}

#[tokio::test]
async fn d10_scope_is_split_at_spaces_and_matched_exactly() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    for (granted, needed, is_enough) in [
        ("read  write ", "read", true),
        ("read  write ", "write", true),
        ("write read", "read", true),
        ("readall", "read", false),
        ("Read", "read", false),
        ("read", "Read", false),
        ("rea", "read", false),
        ("read,write", "read", false),
        ("read\twrite", "read", false),
        ("", "read", false),
    ] {
        let token = world.server.token().scope(granted).opaque();
        let reply = get(&scoped(issuer.introspection(), needed), &token).await;
        let case = format!("{granted:?} for {needed:?}");
        if is_enough {
            assert_eq!(reply.status, StatusCode::OK, "{case}");
            continue;
        }
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{case}");
        assert_eq!(reply.error().as_deref(), Some("insufficient_scope"));
        let challenge = reply.challenge().unwrap();
        assert_eq!(challenge.parameter("scope"), Some(needed), "{case}");
    }
}

#[tokio::test]
async fn d11_a_scope_that_is_no_string_grants_nothing() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    for scope in [
        json!(["read", "write"]),
        json!(["read"]),
        json!({"read": true}),
        json!(1),
        json!(true),
    ] {
        let token = world.server.token().claim("scope", scope.clone()).opaque();
        let reply = get(&scoped(issuer.introspection(), "read"), &token).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{scope}");
        // The token itself is good.
        let reply = get(&protected(issuer.introspection()), &token).await;
        assert_eq!(reply.status, StatusCode::OK, "{scope}");
    }
}

#[tokio::test]
async fn d12_the_audience_is_ours() {
    let told = Told::start().await;
    for audience in [json!(AUDIENCE), json!(["x", AUDIENCE]), json!([AUDIENCE])] {
        let reply = told.reply_to(told.good_but("aud", &audience)).await;
        assert_eq!(reply.status, StatusCode::OK, "{audience}");
    }
    for audience in [
        json!(["orders-apix"]),
        json!("orders-ap"),
        json!("Orders-API"),
        json!("x orders-api"),
        json!("orders-api "),
        json!(""),
        json!([]),
        json!([1]),
        json!([AUDIENCE, 1]),
        json!([[AUDIENCE]]),
        json!({}),
        json!({"orders-api": true}),
        json!(1),
        json!(null),
    ] {
        let reply = told.reply_to(told.good_but("aud", &audience)).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{audience}");
        reply.assert_invalid_token();
    }
}

#[tokio::test]
async fn d12_an_absent_audience_is_not_ours_unless_waived() {
    let world = World::start().await;
    let token = world.server.token().without_claim("aud").opaque();
    let named = world.asking().build().unwrap();
    get(&protected(named.introspection()), &token)
        .await
        .assert_invalid_token();

    let waived = portcullis::Realm::new(world.server.issuer())
        .unwrap()
        .clock(world.clock.clone())
        .danger_any_audience()
        .client_secret("orders-api", "orders-secret")
        .build()
        .unwrap();
    let reply = get(&protected(waived.introspection()), &token).await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn d13_another_issuer_is_refused() {
    let told = Told::start().await;
    let ours = told.world.server.issuer().to_owned();
    let reply = told.reply_to(told.good_but("iss", &json!(ours))).await;
    assert_eq!(reply.status, StatusCode::OK);
    for issuer in [
        format!("{ours}/"),
        ours.replace("http:", "https:"),
        ours.to_uppercase(),
        "https://evil.example".to_owned(),
        String::new(),
    ] {
        let reply = told.reply_to(told.good_but("iss", &json!(issuer))).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{issuer}");
        reply.assert_invalid_token();
    }
    // RFC 7662 §2.2: `iss` is optional, and the server is the one that was configured.
    let mut absent = told.good();
    absent.as_object_mut().unwrap().remove("iss");
    assert_eq!(told.reply_to(absent).await.status, StatusCode::OK);
}

#[tokio::test]
async fn d14_exp_and_nbf_are_judged_though_active() {
    for leeway in [0, 5] {
        let told = Told::with(|issuer| issuer.leeway(std::time::Duration::from_secs(leeway))).await;
        for (name, date, is_good) in [
            ("exp", T0 - leeway - 100, false),
            ("exp", T0 - leeway, false),
            ("exp", T0 - leeway + 1, true),
            ("nbf", T0 + leeway, true),
            ("nbf", T0 + leeway + 1, false),
            ("nbf", T0 + leeway + 100, false),
        ] {
            let answer = told.good_but(name, &json!(date));
            let reply = told.reply_to(answer).await;
            let case = format!("leeway {leeway}, {name} {date}");
            if is_good {
                assert_eq!(reply.status, StatusCode::OK, "{case}");
            } else {
                assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{case}");
                reply.assert_invalid_token();
            }
        }
    }
}

#[tokio::test]
async fn d14_an_answer_past_its_exp_is_not_kept() {
    let told = Told::start().await;
    assert_eq!(told.calls_for_two(told.good()).await, 1);
    let past = told.good_but("exp", &json!(T0 - 30));
    assert_eq!(told.calls_for_two(past).await, 2);
}

#[tokio::test]
async fn d14_dates_of_other_types_are_no_answer() {
    let told = Told::start().await;
    for name in ["exp", "nbf"] {
        for date in [
            json!((T0 + 300).to_string()),
            json!({}),
            json!([T0 + 300]),
            json!(true),
            json!(null),
            json!(-1),
        ] {
            let answer = told.good_but(name, &date);
            told.assert_unusable(portcullis_testing::Answer::json(&answer))
                .await;
        }
    }
}

#[tokio::test]
async fn d15_only_access_tokens_pass() {
    let told = Told::start().await;
    for (name, kind) in [
        ("token_type", "Bearer"),
        ("token_type", "bearer"),
        ("token_type", "BEARER"),
        ("typ", "Bearer"),
        ("token_use", "access_token"),
    ] {
        let reply = told.reply_to(told.good_but(name, &json!(kind))).await;
        assert_eq!(reply.status, StatusCode::OK, "{name} {kind}");
    }
    for (name, kind) in [
        ("token_type", "refresh_token"),
        ("token_type", "mac"),
        ("token_type", "N_A"),
        ("token_type", "Bearer token"),
        ("token_type", ""),
        ("typ", "Refresh"),
        ("typ", "Offline"),
        ("typ", "ID"),
        ("typ", "Logout"),
        ("token_use", "refresh_token"),
    ] {
        let reply = told.reply_to(told.good_but(name, &json!(kind))).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{name} {kind}");
        reply.assert_invalid_token();
    }
}

#[tokio::test]
async fn d8_claims_reach_a_type_of_the_applications_own() {
    #[derive(Deserialize)]
    struct Shop {
        x_foo: Foo,
    }
    #[derive(Deserialize)]
    struct Foo {
        limit: u32,
    }

    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let handler = |Claims(shop): Claims<Shop>| async move { shop.x_foo.limit.to_string() };
    let router = Router::new()
        .route("/", route(handler))
        .layer(AuthenticateLayer::new(issuer.introspection()));
    let token = world.server.token().claim("x_foo", json!({"limit": 7}));
    let reply = get(&router, &token.opaque()).await;
    assert_eq!(reply.body, "7");
}
