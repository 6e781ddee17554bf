use std::time::Duration;

use portcullis_conformance::{LocalWorld, T0};

use super::spelled;

async fn with_leeway(seconds: u64) -> LocalWorld {
    LocalWorld::with(|realm| realm.leeway(Duration::from_secs(seconds))).await
}

/// Asserts what becomes of a token with this claim, spelled like this.
async fn judges(local: &LocalWorld, claim: &str, value: &str, is_good: bool) {
    let token = spelled(local, claim, &format!(r#""{claim}":{value}"#));
    let case = format!("{claim}: {value}");
    if is_good {
        local.accepts(&token, &case).await;
    } else {
        local.refuses_unasked(&token, &case).await;
    }
}

/// What is no date.
const WRONG_TYPES: [&str; 9] = [
    r#""1700000100""#,
    r#""""#,
    "null",
    "true",
    "false",
    "{}",
    "[]",
    "[1700000100]",
    r#"{"date":1700000100}"#,
];

/// What is a number and no date.
const NO_DATES: [&str; 8] = [
    "-1",
    "-0.5",
    "1e400",
    "9223372036854775808",
    "18446744073709551616",
    "-9223372036854775808",
    "-1e400",
    "340282366920938463463374607431768211456",
];

#[tokio::test]
async fn j1_exp_is_required() {
    let local = LocalWorld::start().await;
    local
        .accepts(&local.server().token().jwt(), "with `exp`")
        .await;
    let without = local.server().token().without_claim("exp").jwt();
    local.refuses_unasked(&without, "without `exp`").await;
    let strict = |token: portcullis_testing::TokenBuilder| {
        token.header("typ", "at+jwt").claim("client_id", "shop")
    };
    let local = LocalWorld::with(|realm| realm.profile(portcullis::AccessTokenProfile::Rfc9068));
    let local = local.await;
    let token = strict(local.server().token());
    local.accepts(&token.clone().jwt(), "with `exp`").await;
    local
        .refuses_unasked(&token.without_claim("exp").jwt(), "without `exp`")
        .await;
}

#[tokio::test]
async fn j2_a_token_ends_on_its_exp() {
    for leeway in [0, 5] {
        let local = with_leeway(leeway).await;
        let end = T0 - leeway;
        for (exp, is_good) in [
            (end - 1, false),
            (end, false),
            (end + 1, true),
            (end + 2, true),
        ] {
            judges(&local, "exp", &exp.to_string(), is_good).await;
        }
    }
}

/// The same token, as time goes by.
#[tokio::test]
async fn j2_a_good_token_expires() {
    let local = with_leeway(5).await;
    let token = local
        .server()
        .token()
        .expires_in(Duration::from_secs(60))
        .jwt();
    for (seconds, is_good) in [(0, true), (59, true), (5, true), (1, false), (1, false)] {
        local.world.clock.advance(Duration::from_secs(seconds));
        if is_good {
            local
                .accepts(&token, &format!("{seconds} seconds later"))
                .await;
        } else {
            local
                .refuses_unasked(&token, &format!("{seconds} seconds later"))
                .await;
        }
    }
}

#[tokio::test]
async fn j3_dates_are_json_numbers() {
    let local = with_leeway(0).await;
    for value in [
        "1700000100",
        "1700000100.5",
        "1.7000001e9",
        "1e10",
        "17000001.00E2",
    ] {
        judges(&local, "exp", value, true).await;
    }
    for value in WRONG_TYPES {
        judges(&local, "exp", value, false).await;
    }
}

#[tokio::test]
async fn j3_the_fraction_of_a_date_counts() {
    let local = with_leeway(0).await;
    judges(&local, "exp", "1700000000.5", true).await;
    local.world.clock.advance(Duration::from_millis(499));
    judges(&local, "exp", "1700000000.5", true).await;
    local.world.clock.advance(Duration::from_millis(1));
    judges(&local, "exp", "1700000000.5", false).await;
}

#[tokio::test]
async fn j4_extreme_dates_neither_overflow_nor_pass() {
    for leeway in [0, 5] {
        let local = with_leeway(leeway).await;
        judges(&local, "exp", "253402300799", true).await;
        judges(&local, "exp", "0", false).await;
        for value in NO_DATES {
            for claim in ["exp", "nbf", "iat"] {
                judges(&local, claim, value, false).await;
            }
        }
    }
}

#[tokio::test]
async fn j5_nbf_in_the_future_is_refused() {
    for leeway in [0, 5] {
        let local = with_leeway(leeway).await;
        for (nbf, is_good) in [
            (0, true),
            (T0 - 1, true),
            (T0, true),
            (T0 + leeway, true),
            (T0 + leeway + 1, false),
            (T0 + 250, false),
        ] {
            judges(&local, "nbf", &nbf.to_string(), is_good).await;
        }
    }
}

#[tokio::test]
async fn j5_an_nbf_of_the_wrong_type_is_refused() {
    let local = LocalWorld::start().await;
    local
        .accepts(&spelled(&local, "nbf", r#""x":1"#), "no `nbf`")
        .await;
    for value in WRONG_TYPES {
        judges(&local, "nbf", value, false).await;
    }
}

#[tokio::test]
async fn j6_iat_in_the_future_is_refused() {
    for leeway in [0, 5] {
        let local = with_leeway(leeway).await;
        for (iat, is_good) in [
            (0, true),
            (T0 - 86_400, true),
            (T0, true),
            (T0 + leeway, true),
            (T0 + leeway + 1, false),
        ] {
            judges(&local, "iat", &iat.to_string(), is_good).await;
        }
    }
}

#[tokio::test]
async fn j6_an_iat_of_the_wrong_type_is_refused_and_none_is_not() {
    let local = LocalWorld::start().await;
    let without = local.server().token().without_claim("iat").jwt();
    local.accepts(&without, "no `iat`").await;
    for value in WRONG_TYPES {
        judges(&local, "iat", value, false).await;
    }
}
