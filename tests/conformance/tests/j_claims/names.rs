#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use portcullis::Realm;
use portcullis_conformance::{AUDIENCE, LocalWorld, T0, World};
use portcullis_testing::AuthorizationServer;
use serde_json::{Value, json};

use super::spelled;

/// A world whose issuer has a host with a name, and a letter that can be written in two ways.
async fn named() -> LocalWorld {
    let clock = portcullis::ManualClock::at(T0);
    let time = clock.clone();
    let server = AuthorizationServer::builder()
        .clock(move || time.system_time())
        .issuer("https://id.example.com/realms/caf\u{e9}")
        .audience(AUDIENCE);
    let server = server.start().await.unwrap();
    let (issuer, keys) = (server.issuer().to_owned(), server.jwks().to_string());
    let realm = Realm::new(issuer).unwrap().audience(AUDIENCE).keys(keys);
    let realm = realm.clock(clock.clone());
    LocalWorld::on(World { server, clock }, |_| realm).await
}

#[tokio::test]
async fn j7_iss_is_matched_exactly() {
    let local = named().await;
    let token = local.server().token();
    local.accepts(&token.clone().jwt(), "its issuer").await;
    for iss in [
        "https://id.example.com/realms/caf\u{e9}/",
        "https://ID.example.com/realms/caf\u{e9}",
        "HTTPS://id.example.com/realms/caf\u{e9}",
        "https://id.example.com:443/realms/caf\u{e9}",
        "https://id.example.com/realms%2Fcaf\u{e9}",
        "https://id.example.com/realms/caf%C3%A9",
        "https://id.example.com/realms/cafe\u{301}",
        "https://id.example.com/realms/Caf\u{e9}",
        "https://id.example.com/realms/cafe",
        "https://id.example.com/realms/caf",
        "https://id.example.com/realms/",
        "https://id.example.com",
        "https://id.example.com.evil.com/realms/caf\u{e9}",
        "https://id.example.com/realms/caf\u{e9}.evil.com",
        "https://evil.com/https://id.example.com/realms/caf\u{e9}",
        "http://id.example.com/realms/caf\u{e9}",
        "https://id.example.com/./realms/caf\u{e9}",
        "https://user@id.example.com/realms/caf\u{e9}",
        "https://id.example.com/realms/caf\u{e9}?",
        "https://id.example.com/realms/caf\u{e9}#",
        " https://id.example.com/realms/caf\u{e9}",
        "https://id.example.com/realms/caf\u{e9} ",
        "https://id.example.com/realms/caf\u{e9}\0",
        "id.example.com/realms/caf\u{e9}",
        "",
    ] {
        local
            .refuses_unasked(&token.clone().claim("iss", iss).jwt(), iss)
            .await;
    }
}

#[tokio::test]
async fn j8_iss_is_a_string_and_required() {
    let local = LocalWorld::start().await;
    let good = local.server().issuer().to_owned();
    let token = local.server().token();
    local.accepts(&token.clone().jwt(), "a string").await;
    for iss in [
        json!([good]),
        json!([good, "https://evil.example"]),
        json!(["https://evil.example", good]),
        json!({"iss": good}),
        json!({good.clone(): true}),
        json!(1),
        json!(true),
        Value::Null,
        json!([]),
    ] {
        let wrong = token.clone().claim("iss", iss.clone()).jwt();
        local.refuses_unasked(&wrong, &iss.to_string()).await;
    }
    local
        .refuses_unasked(&token.without_claim("iss").jwt(), "missing")
        .await;
}

#[tokio::test]
async fn j9_aud_is_required_and_matched_exactly() {
    let audience = "https://api.example.com/orders";
    let local = LocalWorld::with(|realm| realm.audience(audience)).await;
    let token = local.server().token();
    for aud in [
        json!(audience),
        json!([audience]),
        json!(["other", audience]),
        json!([audience, "other", ""]),
        json!(AUDIENCE),
        json!([AUDIENCE, audience]),
    ] {
        local
            .accepts(
                &token.clone().claim("aud", aud.clone()).jwt(),
                &aud.to_string(),
            )
            .await;
    }
    for aud in [
        json!("https://api.example.com/orders/"),
        json!("https://API.example.com/orders"),
        json!("https://api.example.com/order"),
        json!("https://api.example.com/orders2"),
        json!("https://api.example.com"),
        json!("Orders-API"),
        json!("orders"),
        json!(" orders-api"),
        json!("orders-api other"),
        json!("account"),
        json!(""),
        json!([]),
        json!([""]),
        json!(["https://api.example.com/orders/", "Orders-api"]),
        json!([audience, 1]),
        json!([1, audience]),
        json!([audience, null]),
        json!([[audience]]),
        json!([audience, [audience]]),
        json!({"aud": audience}),
        json!({audience: true}),
        json!(1),
        json!(true),
        Value::Null,
    ] {
        let wrong = token.clone().claim("aud", aud.clone()).jwt();
        local.refuses_unasked(&wrong, &aud.to_string()).await;
    }
    local
        .refuses_unasked(&token.without_claim("aud").jwt(), "missing")
        .await;
}

#[tokio::test]
async fn j9_an_audience_cannot_be_forgotten() {
    let world = World::start().await;
    let realm = || Realm::new(world.server.issuer()).unwrap();
    assert!(realm().build().is_err(), "no audience");
    assert!(realm().audience("").build().is_err(), "an empty audience");
    assert!(
        realm()
            .audience(AUDIENCE)
            .danger_any_audience()
            .build()
            .is_err(),
        "both"
    );
    assert!(realm().audience(AUDIENCE).build().is_ok());
    let waived = Realm::new(world.server.issuer()).unwrap();
    let waived = waived.danger_any_audience().clock(world.clock.clone());
    let local = LocalWorld::on(world, |_| waived).await;
    let stranger = local.server().token().audience("other").jwt();
    local.accepts(&stranger, "waived by name").await;
}

#[tokio::test]
async fn j12_unknown_claims_are_ignored() {
    let local = LocalWorld::start().await;
    for members in [
        r#""x":1"#,
        r#""x":null"#,
        r#""x":{"y":[true,{"z":""}]}"#,
        r#""":"no name""#,
        r#""https://example.com/claim":[1,2]"#,
        r#""EXP":1,"Iss":"https://evil.example","AUD":"other""#,
        r#""x":340282366920938463463374607431768211456"#,
        r#""x":-340282366920938463463374607431768211456"#,
        r#""x":1e308"#,
        r#""x":-1e308"#,
        r#""x":1e-400"#,
        r#""x":0.1234567890123456789012345678901234567890"#,
        r#""x":[9223372036854775808,18446744073709551616]"#,
        r#""x":"\u0000\uD83D\uDE00""#,
    ] {
        local.accepts(&spelled(&local, "", members), members).await;
    }
}
