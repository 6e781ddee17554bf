//! Headers that ask for what must not be done.

use portcullis_conformance::{World, get, parts, protected};
use serde_json::json;

use crate::local;

#[tokio::test]
async fn x5_an_unsigned_token_is_none() {
    let (local, _) = local().await;
    for alg in ["none", "None", "NONE", "nOnE", "", "null", "HS256", "RS257"] {
        let token = local.server().token().header("alg", alg);
        local.refuses_unasked(&token.clone().jwt(), alg).await;
        let unsigned = token.signature([]).jwt();
        local.refuses_unasked(&unsigned, alg).await;
        // Without the last part, and without its dot.
        let [header, payload, _] = parts(&unsigned);
        local
            .refuses_unasked(&format!("{header}.{payload}"), alg)
            .await;
    }
    for alg in [
        json!(null),
        json!(true),
        json!(["RS256"]),
        json!({"RS256": 1}),
    ] {
        let token = local.server().token().header("alg", alg.clone()).jwt();
        local.refuses_unasked(&token, &alg.to_string()).await;
    }
}

#[tokio::test]
async fn x8_what_is_critical_is_understood_or_refused() {
    let (local, _) = local().await;
    for critical in [
        json!(["exp"]),
        json!(["b64"]),
        json!(["x"]),
        json!([]),
        json!("x"),
        json!(null),
    ] {
        let token = local.server().token().header("crit", critical.clone());
        let token = token.header("x", 1).header("b64", false).jwt();
        local.refuses_unasked(&token, &critical.to_string()).await;
    }
}

#[tokio::test]
async fn x32_our_own_assertions_have_one_audience_and_it_is_the_issuer() {
    let world = World::start().await;
    let key = portcullis_testing::SigningKey::generate(portcullis_testing::SigningAlgorithm::ES256);
    let pem = key.private_key_pem();
    let client = portcullis_testing::Client::new("orders-api", "unused").public_key(&key);
    world.server.add_client(client);
    let own = portcullis::ClientKey::from_pem(pem.as_bytes()).unwrap();
    let issuer = world
        .realm()
        .private_key_jwt("orders-api", own)
        .build()
        .unwrap();
    let token = world.server.token().opaque();
    get(&protected(issuer.introspection()), &token).await;
    let request = world
        .server
        .requests(portcullis_testing::Endpoint::Introspection);
    let assertion = request
        .first()
        .unwrap()
        .form_value("client_assertion")
        .unwrap();
    let [_, payload, _] = parts(&assertion);
    let payload = portcullis_conformance::from_base64url(payload);
    let claims: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(claims.get("aud").unwrap(), world.server.issuer());
}

#[tokio::test]
async fn x34_every_value_of_a_header_counts() {
    let (local, _) = local().await;
    let router = protected(local.world.realm().connect().await.unwrap().jwt());
    let good = local.server().token().jwt();
    for (first, second) in [(&*good, "bad"), ("bad", &*good), (&*good, &*good)] {
        let request = http::Request::get("/")
            .header("authorization", format!("Bearer {first}"))
            .header("authorization", format!("Bearer {second}"))
            .body(axum::body::Body::empty())
            .unwrap();
        let reply = portcullis_conformance::send(&router, request).await;
        assert_eq!(reply.status, 400);
    }
}

#[tokio::test]
async fn x35_identity_travels_in_no_header() {
    let (local, _) = local().await;
    let router = protected(local.world.realm().connect().await.unwrap().jwt());
    for name in [
        "x-user",
        "x-forwarded-user",
        "x-auth-request-user",
        "x-userinfo",
        "client-cert",
    ] {
        let request = http::Request::get("/").header(name, "admin");
        let request = request.body(axum::body::Body::empty()).unwrap();
        let reply = portcullis_conformance::send(&router, request).await;
        assert_eq!(
            (reply.status.as_u16(), reply.error()),
            (401, None),
            "{name}"
        );
    }
}
