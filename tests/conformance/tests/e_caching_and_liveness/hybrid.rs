//! JWTs beside opaque tokens: what reaches the server.

use axum::{Router, routing::get as on_get};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use portcullis::{AuthenticateLayer, Realm};
use portcullis_conformance::{
    AUDIENCE, CLIENT_ID, CLIENT_SECRET, T0, World, get, post_active, protected,
};
use serde_json::json;

use crate::support::{assert_ok, at, calls, get_at};

#[tokio::test]
async fn e16_a_jwt_that_is_bad_here_never_reaches_the_server() {
    let world = World::start().await;
    let stranger = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    let good = || world.server.token();
    // The twin is good, and brings the keys.
    assert_ok(&get(&router, &good().jwt()).await);
    assert_ok(&post_active(&router, &good().jwt()).await);
    world.server.clear_requests();
    for (what, token) in [
        ("signature", good().signature(vec![0; 256]).jwt()),
        ("no signature", good().signature(Vec::new()).jwt()),
        ("another server's", stranger.server.token().jwt()),
        ("exp", good().expires_at(at(T0 - 30)).jwt()),
        ("no exp", good().without_claim("exp").jwt()),
        ("nbf", good().claim("nbf", T0 + 31).jwt()),
        ("iat", good().claim("iat", T0 + 31).jwt()),
        ("iss", good().claim("iss", "https://id.example.com").jwt()),
        ("no iss", good().without_claim("iss").jwt()),
        ("aud", good().audience("payments-api").jwt()),
        ("no aud", good().without_claim("aud").jwt()),
        ("alg none", good().header("alg", "none").jwt()),
        ("alg HS256", good().header("alg", "HS256").jwt()),
        ("alg ES256", good().header("alg", "ES256").jwt()),
        ("crit", good().header("crit", json!(["b64"])).jwt()),
        ("typ header", good().header("typ", "logout+jwt").jwt()),
        ("typ claim", good().claim("typ", "Refresh").jwt()),
        ("cnf", good().claim("cnf", json!({"jkt": "x"})).jwt()),
        ("payload", good().raw_payload("no json").jwt()),
    ] {
        for reply in [
            get(&router, &token).await,
            post_active(&router, &token).await,
        ] {
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{what}: {reply:?}");
            reply.assert_invalid_token();
            assert_eq!(world.server.total_request_count(), 0, "{what}");
        }
    }
}

fn encoded(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

#[tokio::test]
async fn e19_unsigned_and_broken_jwts_are_refused_without_a_call() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let good = world.server.token().jwt();
    let (_, rest) = good.split_once('.').unwrap();
    let payload = rest.split('.').next().unwrap();
    assert_ok(&get(&protected(issuer.hybrid()), &good).await);
    world.server.clear_requests();
    for header in [
        r#"{"alg":"none"}"#,
        r#"{"alg":"None","typ":"JWT"}"#,
        r#"{"alg":5}"#,
        r#"{"alg":["RS256"]}"#,
        r#"{"alg":null}"#,
        "{}",
        r#"{"alg":"RS256""#,
        r#"{"alg":"RS256","alg":"none"}"#,
        r#"{"alg":"RS256","kid":7}"#,
        r#"{"alg":"RS256","crit":[]}"#,
        " {\"alg\":\"RS256\"}",
        "\u{feff}{\"alg\":\"RS256\"}",
        "{not json at all}",
    ] {
        for token in [
            format!("{}.{payload}.", encoded(header)),
            format!("{}.{rest}", encoded(header)),
            format!("{}.{}.", encoded(header), encoded("{}")),
        ] {
            // Some of these headers are good but for what stands behind them.
            if token == good {
                continue;
            }
            get(&protected(issuer.hybrid()), &token)
                .await
                .assert_invalid_token();
            post_active(&protected(issuer.hybrid()), &token)
                .await
                .assert_invalid_token();
            assert_eq!(world.server.total_request_count(), 0, "{header}");
        }
    }
}

#[tokio::test]
async fn e19_misspelled_headers_are_broken_jwts_too() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    let good = world.server.token().jwt();
    assert_ok(&get(&router, &good).await);
    world.server.clear_requests();
    let (header, rest) = good.split_once('.').unwrap();
    let standard =
        base64::engine::general_purpose::STANDARD.encode(r#"{"alg":"none","~~~":"???>>>"}"#);
    assert!(standard.contains(['+', '/']), "{standard}");
    for token in [
        format!("{header}=.{rest}"),
        format!("{header}==.{rest}"),
        format!("{header}A.{rest}"),
        format!("{header}AAAAA.{rest}"),
        format!("{}.{rest}", header.get(..21).unwrap()),
        format!("{standard}.{rest}"),
        header.to_owned(),
        format!("{header}.{header}"),
        format!("{good}.{good}"),
    ] {
        get(&router, &token).await.assert_invalid_token();
        assert_eq!(world.server.total_request_count(), 0, "{token}");
    }
}

#[tokio::test]
async fn e19_five_parts_are_refused_unless_that_is_what_opaque_tokens_look_like() {
    let world = World::start().await;
    let header = encoded(r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#);
    let text = format!("{header}.a2V5.aXY.dGV4dA.dGFn");
    let token = world.server.token().opaque_value(text);
    let usual = protected(world.asking().build().unwrap().hybrid());
    for reply in [get(&usual, &token).await, post_active(&usual, &token).await] {
        reply.assert_invalid_token();
    }
    assert_eq!(world.server.total_request_count(), 0);
    let zitadel = protected(world.asking().opaque_jwe().build().unwrap().hybrid());
    assert_ok(&get(&zitadel, &token).await);
    assert_eq!(calls(&world), 1);
}

#[tokio::test]
async fn e20_an_opaque_token_on_a_jwt_only_layer_is_refused() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let tokens = [
        world.server.token().opaque(),
        world.server.token().opaque_value("ory_at_abc.def"),
        world.server.token().opaque_value("a.b.c"),
    ];
    for token in &tokens {
        get(&protected(issuer.jwt()), token)
            .await
            .assert_invalid_token();
        assert_eq!(world.server.total_request_count(), 0, "{token}");
    }
    for token in &tokens {
        assert_ok(&get(&protected(issuer.hybrid()), token).await);
    }
}

#[tokio::test]
async fn e22_an_opaque_token_goes_to_the_server_of_its_route_only() {
    let (orders, billing) = (World::start().await, World::start().await);
    let hybrid = |world: &World| {
        let realm = Realm::new(world.server.issuer())
            .unwrap()
            .audience(AUDIENCE);
        let realm = realm
            .clock(orders.clock.clone())
            .client_secret(CLIENT_ID, CLIENT_SECRET);
        AuthenticateLayer::new(realm.build().unwrap().hybrid())
    };
    let route = |path: &str| Router::new().route(path, on_get(|| async {}));
    let router = Router::new()
        .merge(route("/orders").layer(hybrid(&orders)))
        .merge(route("/billing").layer(hybrid(&billing)));
    // A token of the other server is not tried there, whatever the first one says.
    let foreign = billing.server.token().opaque();
    let bad = get_at(&router, "/orders", &foreign).await;
    bad.assert_invalid_token();
    assert_eq!(
        (calls(&orders), billing.server.total_request_count()),
        (1, 0)
    );
    let own = orders.server.token().opaque();
    assert_ok(&get_at(&router, "/orders", &own).await);
    assert_eq!(billing.server.total_request_count(), 0);
    let asked = orders.server.total_request_count();
    assert_ok(&get_at(&router, "/billing", &foreign).await);
    assert_eq!(orders.server.total_request_count(), asked);
    // Nor is it when the first one is down.
    orders.server.stop().await.unwrap();
    let asked = billing.server.total_request_count();
    let another = orders.server.token().opaque();
    get_at(&router, "/orders", &another)
        .await
        .assert_unavailable();
    assert_eq!(billing.server.total_request_count(), asked);
}
