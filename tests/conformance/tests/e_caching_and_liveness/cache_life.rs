//! How long an answer is kept, and what is judged again on every use of it.

use std::time::Duration;

use axum::{Router, routing::get as on_get};
use http::StatusCode;
use portcullis::{AuthenticateLayer, RequireRole, RequireScope};
use portcullis_conformance::{AUDIENCE, CLIENT_ID, CLIENT_SECRET, T0, World, get, protected};
use portcullis_testing::{Answer, Endpoint, Fault};
use serde_json::json;

use crate::support::{assert_ok, at, calls, get_at, seconds};

#[tokio::test]
async fn e1_an_answer_is_not_kept_beyond_exp() {
    let world = World::start().await;
    let issuer = world.asking().introspection_cache(seconds(60));
    // The leeway of the verdict is not a second of the cache's life.
    let issuer = issuer.leeway(seconds(30)).build().unwrap();
    let router = protected(issuer.introspection());
    let token = world.server.token().expires_at(at(T0 + 5)).opaque();
    assert_ok(&get(&router, &token).await);
    world.clock.advance(seconds(4));
    assert_ok(&get(&router, &token).await);
    assert_eq!(calls(&world), 1, "a hit at T0+4");
    world.clock.advance(seconds(1));
    get(&router, &token).await.assert_invalid_token();
    assert_eq!(calls(&world), 2, "asked again at T0+5");
}

#[tokio::test]
async fn e2_the_lifetime_is_the_smaller_of_the_limit_and_the_time_to_exp() {
    let exp = |seconds: u64| Some(T0 + seconds);
    for (limit, exp, last_hit) in [
        (30, exp(300), 29),
        (30, exp(10), 9),
        (10, exp(300), 9),
        (30, None, 29),
        (90, None, 89),
    ] {
        let world = World::start().await;
        let issuer = world.asking().introspection_cache(seconds(limit));
        let router = protected(issuer.build().unwrap().introspection());
        let token = match exp {
            Some(exp) => world.server.token().expires_at(at(exp)).opaque(),
            None => world.server.token().without_claim("exp").opaque(),
        };
        assert_ok(&get(&router, &token).await);
        world.clock.advance(seconds(last_hit));
        assert_ok(&get(&router, &token).await);
        assert_eq!(calls(&world), 1, "limit {limit}, exp {exp:?}");
        world.clock.advance(seconds(1));
        get(&router, &token).await;
        assert_eq!(calls(&world), 2, "limit {limit}, exp {exp:?}");
    }
}

#[tokio::test]
async fn e2_a_token_that_ends_far_away_is_kept_as_long_as_any() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().introspection());
    // The end of the year 9999, and the number of a server that knows no end.
    for exp in ["253402300799", "1e11"] {
        let body = format!(r#"{{"active":true,"aud":"{AUDIENCE}","exp":{exp}}}"#);
        let answer = Answer::new(200).header("content-type", "application/json");
        let fault = Fault::answer(answer.body(body));
        world.server.inject(Endpoint::Introspection, fault.times(1));
        let asked = calls(&world);
        assert_ok(&get(&router, exp).await);
        world.clock.advance(seconds(29));
        assert_ok(&get(&router, exp).await);
        assert_eq!(calls(&world), asked + 1, "{exp}");
        world.clock.advance(seconds(1));
        get(&router, exp).await.assert_invalid_token();
    }
}

#[tokio::test]
async fn e2_a_limit_of_zero_keeps_nothing() {
    let world = World::start().await;
    let issuer = world.asking().introspection_cache(Duration::ZERO);
    let router = protected(issuer.build().unwrap().introspection());
    let token = world.server.token().opaque();
    for asked in 1..=3 {
        assert_ok(&get(&router, &token).await);
        assert_eq!(calls(&world), asked);
    }
}

#[tokio::test]
async fn e3_a_clock_that_jumps_back_before_nbf_is_noticed_on_a_hit() {
    let world = World::start().await;
    let issuer = world.asking().leeway(seconds(5)).build().unwrap();
    let router = protected(issuer.introspection());
    let token = world.server.token().without_claim("iat");
    let token = token.claim("nbf", T0 - 10).opaque();
    assert_ok(&get(&router, &token).await);
    for (now, is_good) in [
        (T0 - 15, true),
        (T0 - 16, false),
        (T0 - 4000, false),
        (T0, true),
    ] {
        world.clock.jump_to(now);
        let reply = get(&router, &token).await;
        assert_eq!(reply.status == StatusCode::OK, is_good, "{now}: {reply:?}");
        if !is_good {
            reply.assert_invalid_token();
        }
    }
    assert_eq!(calls(&world), 1, "the facts were remembered all along");
}

#[tokio::test]
async fn e3_a_clock_that_jumps_forward_past_exp_is_noticed_on_a_hit() {
    let world = World::start().await;
    let issuer = world.asking().leeway(seconds(5)).build().unwrap();
    let router = protected(issuer.introspection());
    // The server goes on calling it active: it is our clock that judges.
    let token = "a-token-of-no-server";
    let answer = json!({
        "active": true, "iss": world.server.issuer(), "aud": AUDIENCE, "exp": T0 + 100,
    });
    world.server.set_introspection_answer(token, answer);
    assert_ok(&get(&router, token).await);
    for (now, is_good) in [
        (T0 + 99, true),
        (T0 + 104, true),
        (T0 + 105, false),
        (T0 + 90_000, false),
        (T0 + 50, true),
    ] {
        world.clock.jump_to(now);
        let reply = get(&router, token).await;
        assert_eq!(reply.status == StatusCode::OK, is_good, "{now}: {reply:?}");
        if !is_good {
            reply.assert_invalid_token();
        }
    }
}

/// Routes that need more than a good token.
fn demanding(world: &World) -> Router {
    let issuer = world.asking().build().unwrap();
    let scope = |name: &str| RequireScope::all([name]).unwrap();
    Router::new()
        .route("/a", on_get(|| async {}).route_layer(scope("a")))
        .route("/b", on_get(|| async {}).route_layer(scope("b")))
        .route(
            "/admin",
            on_get(|| async {}).route_layer(RequireRole::realm("admin")),
        )
        .route(
            "/clerk",
            on_get(|| async {}).route_layer(RequireRole::client("shop", "clerk")),
        )
        .layer(AuthenticateLayer::new(issuer.introspection()))
}

#[tokio::test]
async fn e4_scopes_and_roles_are_judged_per_request_on_cached_facts() {
    let world = World::start().await;
    let router = demanding(&world);
    let builder = world.server.token().scope("a").realm_roles(["user"]);
    let token = builder.client_roles("shop", ["guest"]).opaque();
    assert_ok(&get_at(&router, "/a", &token).await);
    for path in ["/b", "/admin", "/clerk"] {
        let reply = get_at(&router, path, &token).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(reply.error().as_deref(), Some("insufficient_scope"));
    }
    assert_ok(&get_at(&router, "/a", &token).await);
    assert_eq!(calls(&world), 1, "one answer served them all");

    let builder = world.server.token().scope("a b").realm_roles(["admin"]);
    let able = builder.client_roles("shop", ["clerk"]).opaque();
    for path in ["/a", "/b", "/admin", "/clerk"] {
        assert_ok(&get_at(&router, path, &able).await);
    }
    assert_eq!(calls(&world), 2);
}

#[tokio::test]
async fn e4_a_token_refused_for_its_audience_is_refused_again_from_the_cache() {
    let world = World::start().await;
    let token = world.server.token().audience("payments-api").opaque();
    let orders = protected(world.asking().build().unwrap().introspection());
    for _ in 0..2 {
        get(&orders, &token).await.assert_invalid_token();
    }
    assert_eq!(calls(&world), 1, "facts are remembered, the verdict is not");
    let payments = portcullis::Realm::new(world.server.issuer())
        .unwrap()
        .audience("payments-api")
        .clock(world.clock.clone())
        .client_secret(CLIENT_ID, CLIENT_SECRET);
    let payments = protected(payments.build().unwrap().introspection());
    assert_ok(&get(&payments, &token).await);
    get(&orders, &token).await.assert_invalid_token();
}
