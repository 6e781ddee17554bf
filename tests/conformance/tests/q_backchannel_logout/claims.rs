//! What a logout token has to say of itself.

use http::StatusCode;
use portcullis_testing::LogoutTokenBuilder;
use serde_json::{Value, json};

use crate::support::Told;

/// Every wrong value of a claim, and the want of it.
fn without_or_with(
    name: &'static str,
    values: impl IntoIterator<Item = Value>,
) -> impl Iterator<
    Item = (
        String,
        impl FnOnce(LogoutTokenBuilder) -> LogoutTokenBuilder,
    ),
> {
    let absent = std::iter::once(None);
    let values = absent.chain(values.into_iter().map(Some));
    values.map(move |value| {
        let case = format!("{name}: {value:?}");
        let change = move |token: LogoutTokenBuilder| match value {
            Some(value) => token.claim(name, value),
            None => token.without_claim(name),
        };
        (case, change)
    })
}

#[tokio::test]
async fn q3_a_wrong_issuer_is_refused() {
    let told = Told::start().await;
    let own = told.world.server.issuer().to_owned();
    let values = [
        json!("https://id.example.com"),
        json!(format!("{own}/")),
        json!(own.to_uppercase()),
        json!([own]),
        json!(1),
        Value::Null,
    ];
    for (case, change) in without_or_with("iss", values) {
        told.refuses(change, &case).await;
    }
}

#[tokio::test]
async fn q3_an_audience_that_holds_no_session_of_ours_is_refused() {
    let told = Told::start().await;
    let values = [
        json!("others"),
        json!(["others", "account"]),
        // The service itself holds no session, and its own tokens name it.
        json!(portcullis_conformance::AUDIENCE),
        json!(""),
        json!([]),
        json!({"test-app": true}),
        json!(1),
        Value::Null,
        json!(["test-app", 1]),
        json!("TEST-APP"),
    ];
    for (case, change) in without_or_with("aud", values) {
        told.refuses(change, &case).await;
    }
    for aud in [json!("test-app"), json!(["others", "test-app"])] {
        let case = aud.to_string();
        told.takes(|token| token.claim("aud", aud), &case).await;
    }
}

#[tokio::test]
async fn q3_every_client_that_was_named_is_an_audience() {
    let told = Told::with(|issuer| issuer.logout_audiences(["shop-web", "shop-app"])).await;
    for client in ["shop-web", "shop-app", "test-app"] {
        told.takes(|token| token.audience(client), client).await;
    }
    told.refuses(|token| token.audience("shop"), "shop").await;
}

#[tokio::test]
async fn q3_a_token_without_jti_is_refused() {
    let told = Told::start().await;
    for (case, change) in without_or_with("jti", [Value::Null, json!(1)]) {
        told.refuses(change, &case).await;
    }
}

#[tokio::test]
async fn q3_times_are_numbers_and_there() {
    let told = Told::start().await;
    let wrong = || {
        [
            json!("1700000000"),
            Value::Null,
            json!(-1),
            json!([]),
            json!(true),
        ]
    };
    for name in ["iat", "exp"] {
        for (case, change) in without_or_with(name, wrong()) {
            told.refuses(change, &case).await;
        }
    }
}

#[tokio::test]
async fn q3_it_is_fresh_by_our_clock_and_the_leeway() {
    let told = Told::start().await;
    // From now, as it says: an end, and when it was issued.
    for (exp, iat) in [(-29, -149), (120, 30), (1, 0)] {
        let (exp, iat) = (told.date(exp), told.date(iat));
        let change = |token: LogoutTokenBuilder| token.claim("exp", exp).claim("iat", iat);
        told.takes(change, &format!("exp {exp}, iat {iat}")).await;
    }
    let told = Told::start().await;
    for (exp, iat) in [(-30, -150), (-3600, -3720), (120, 31), (7200, 3600)] {
        let (exp, iat) = (told.date(exp), told.date(iat));
        let change = |token: LogoutTokenBuilder| token.claim("exp", exp).claim("iat", iat);
        told.refuses(change, &format!("exp {exp}, iat {iat}")).await;
    }
}

#[tokio::test]
async fn q3_a_leeway_of_the_operators_own_is_kept_to() {
    let told = Told::with(|issuer| issuer.leeway(std::time::Duration::ZERO)).await;
    let (now, ahead) = (told.at(0), told.at(1));
    told.refuses(|token| token.expires_at(now), "exp is now")
        .await;
    told.refuses(|token| token.issued_at(ahead), "iat is ahead")
        .await;
    told.takes(|token| token.expires_at(ahead), "exp is ahead")
        .await;
}

#[tokio::test]
async fn q3_without_an_end_it_is_taken_by_a_switch_and_for_two_minutes() {
    let told = Told::start().await;
    told.refuses(|token| token.without_claim("exp"), "no switch")
        .await;

    let told = Told::with(portcullis::IssuerBuilder::old_logout_tokens).await;
    for iat in [0, -149] {
        let issued = told.at(iat);
        let change = |token: LogoutTokenBuilder| token.without_claim("exp").issued_at(issued);
        told.takes(change, &format!("{iat}")).await;
    }
    let told = Told::with(portcullis::IssuerBuilder::old_logout_tokens).await;
    let issued = told.at(-150);
    let change = |token: LogoutTokenBuilder| token.without_claim("exp").issued_at(issued);
    told.refuses(change, "too old").await;
    // The switch takes away no end that there is.
    let ended = told.at(-30);
    told.refuses(|token| token.expires_at(ended), "ended").await;
    told.refuses(|token| token.claim("exp", Value::Null), "null")
        .await;
}

#[tokio::test]
async fn q5_a_nonce_of_any_value_is_refused() {
    let told = Told::start().await;
    for nonce in [
        json!("n-0S6_WzA2Mj"),
        json!(""),
        Value::Null,
        json!(0),
        json!({}),
    ] {
        let case = nonce.to_string();
        told.refuses(|token| token.claim("nonce", nonce), &case)
            .await;
    }
}

#[tokio::test]
async fn q6_it_names_a_session_or_a_subject() {
    let told = Told::start().await;
    told.refuses(
        |token| token.without_claim("sid").without_claim("sub"),
        "neither",
    )
    .await;
    told.takes(|token| token.without_claim("sub"), "sid alone")
        .await;
    told.takes(|token| token.without_claim("sid"), "sub alone")
        .await;
}

#[tokio::test]
async fn q6_the_names_are_strings() {
    let told = Told::start().await;
    for name in ["sid", "sub"] {
        for value in [json!(1), Value::Null, json!([]), json!({}), json!(true)] {
            let case = format!("{name}: {value}");
            told.refuses(|token| token.claim(name, value), &case).await;
        }
    }
    for (sid, sub) in [(json!(""), Value::Null), (json!(""), json!(""))] {
        let case = format!("{sid} {sub}");
        let change = |token: LogoutTokenBuilder| match sub {
            Value::Null => token.without_claim("sub").claim("sid", sid),
            sub => token.claim("sub", sub).claim("sid", sid),
        };
        told.refuses(change, &case).await;
    }
}

/// Which of the two would count?
#[tokio::test]
async fn q6_no_name_is_there_twice() {
    let told = Told::start().await;
    let token = told.world.server.logout_token();
    let issuer = told.world.server.issuer().to_owned();
    let (iat, exp) = (told.date(0), told.date(120));
    let payload = format!(
        r#"{{"iss":"{issuer}","aud":"test-app","iat":{iat},"exp":{exp},"jti":"j","sid":"a","sid":"b","events":{{"http://schemas.openid.net/event/backchannel-logout":{{}}}}}}"#
    );
    let twice = token.clone().raw_payload(payload.clone()).jwt();
    assert_eq!(told.tell(&twice).await, StatusCode::BAD_REQUEST);
    let once = token.raw_payload(payload.replace(r#""sid":"b","#, ""));
    assert_eq!(told.tell(&once.jwt()).await, StatusCode::OK);
}
