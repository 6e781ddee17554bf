//! D15: what is active and no access token, as servers were seen to answer about it.

use http::StatusCode;
use portcullis::{IssuerBuilder, WithCredentials};
use portcullis_conformance::{AUDIENCE, CapturedLog, T0};
use portcullis_testing::{Answer, Endpoint, Fault};
use serde_json::{Value, json};

use crate::support::Told;

/// What servers say of a refresh token or an ID token, all `active: true`.
fn other_kinds() -> [(&'static str, Value); 4] {
    let with = |members: Value| {
        let mut answer = json!({"active": true, "client_id": "shop", "exp": T0 + 300});
        let members = members.as_object().unwrap().clone();
        answer.as_object_mut().unwrap().extend(members);
        answer
    };
    [
        (
            "a refresh token at Hydra",
            with(json!({"token_use": "refresh_token", "token_type": "Bearer", "aud": AUDIENCE})),
        ),
        (
            "a refresh token at glewlwyd",
            with(json!({"token_type": "refresh_token", "aud": AUDIENCE, "scope": "read"})),
        ),
        (
            "an offline token at Keycloak",
            with(json!({"typ": "Offline", "aud": AUDIENCE})),
        ),
        (
            "a requesting party token that says so",
            with(json!({"token_type": "urn:ietf:params:oauth:token-type:rpt", "aud": AUDIENCE})),
        ),
    ]
}

/// An ID token at Spring: nothing names it, and its audience is that of the access token.
fn id_token_at_spring() -> Value {
    json!({
        "active": true, "client_id": "shop", "azp": "shop", "sub": "alice", "aud": [AUDIENCE],
        "exp": T0 + 300, "iat": T0, "sid": "s", "auth_time": 1_795_230_830_762_i64,
    })
}

#[tokio::test]
async fn d15_other_kinds_that_say_what_they_are_are_refused() {
    let told = Told::start().await;
    for (kind, answer) in other_kinds() {
        let logs = CapturedLog::start();
        let reply = told.reply_to(answer).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{kind}");
        reply.assert_invalid_token();
        let (reason, _) = logs.last_rejection().unwrap();
        assert_eq!(reason, "not_an_access_token", "{kind}");
    }
}

#[tokio::test]
async fn d15_what_tells_of_an_event_is_no_access_token() {
    let told = Told::start().await;
    let mut answer = told.good();
    answer["events"] = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
    told.reply_to(answer).await.assert_invalid_token();
}

#[tokio::test]
async fn d15_a_refresh_token_that_nothing_names_has_no_audience() {
    let told = Told::start().await;
    // At Spring; where the audience is waived, only a policy tells it from an access token.
    let answer = json!({"active": true, "client_id": "shop", "exp": T0 + 300, "iat": T0});
    told.reply_to(answer).await.assert_invalid_token();
}

#[tokio::test]
async fn d15_a_policy_tells_them_apart_where_the_server_does_not() {
    type Settings = fn(IssuerBuilder<WithCredentials>) -> IssuerBuilder<WithCredentials>;
    let policies: [(&str, Settings); 3] = [
        ("token_type", |issuer| {
            issuer.access_tokens_have(["token_type"])
        }),
        ("scope", |issuer| {
            issuer.access_tokens_have(["token_type", "scope"])
        }),
        ("auth_time", |issuer| {
            issuer.access_tokens_lack(["auth_time", "nonce"])
        }),
    ];
    for (policy, settings) in policies {
        let told = Told::with(settings).await;
        let mut good = told.good();
        good["token_type"] = json!("Bearer");
        let reply = told.reply_to(good).await;
        assert_eq!(reply.status, StatusCode::OK, "{policy}");
        let reply = told.reply_to(id_token_at_spring()).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{policy}");
        reply.assert_invalid_token();
    }
    // Without one nothing could tell: it is what the server calls an active token for us.
    let told = Told::start().await;
    let reply = told.reply_to(id_token_at_spring()).await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn d15_the_kind_is_a_fact_that_is_kept_and_judged_again() {
    let told = Told::with(|issuer| issuer.access_tokens_have(["token_type"])).await;
    let token = told.world.server.token().opaque();
    let answer = id_token_at_spring();
    let fault = Fault::answer(Answer::json(&answer));
    told.world.server.inject(Endpoint::Introspection, fault);
    for _ in 0..10 {
        let reply = portcullis_conformance::get(&told.router, &token).await;
        reply.assert_invalid_token();
    }
    assert_eq!(told.world.calls_about(&token), 1);
}
