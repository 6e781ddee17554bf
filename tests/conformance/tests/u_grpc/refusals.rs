//! U2 to U4: which refusal has which gRPC status, and the message that goes with it.

use std::time::Duration;

use http::StatusCode;
use portcullis::{Reason, Rejection, verifier_fn};
use portcullis_conformance::{CLIENT_ID, World};
use portcullis_testing::{Client, Endpoint, Fault};
use tonic::Code;

use crate::service::{Answer, Served};

/// Asserts a refusal in gRPC with this status.
#[track_caller]
fn assert_refused(what: &str, answer: &Answer, code: Code) {
    answer.assert_trailers_only();
    assert_eq!(answer.status().code(), code, "{what}: {answer:?}");
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

#[tokio::test]
async fn u2_no_token_and_bad_tokens_are_unauthenticated() {
    let world = World::start().await;
    let served = Served::start(world.asking().build().unwrap().hybrid()).await;
    let good = bearer(&world.server.token().jwt());
    let answer = served.call("List", &[("authorization", &good)]).await;
    assert_eq!(answer.status().code(), Code::Ok);
    assert_refused(
        "none",
        &served.call("List", &[]).await,
        Code::Unauthenticated,
    );
    let expired = bearer(&world.server.token().claim("exp", 1_600_000_000).jwt());
    let forged = bearer(&world.server.token().signature(vec![0; 256]).jwt());
    let foreign = bearer(&world.server.token().audience("payments-api").jwt());
    let revoked = world.server.token().opaque();
    world.server.revoke(&revoked);
    let revoked = bearer(&revoked);
    for authorization in [
        expired.as_str(),
        &forged,
        &foreign,
        &revoked,
        "Basic Zm9vOmJhcg==",
        "Bearer",
        "Bearer ",
        "Bearer\tabc",
        "Bearer a b",
        "Bearer a, Bearer b",
        "Bearer =",
    ] {
        let answer = served
            .call("List", &[("authorization", authorization)])
            .await;
        assert_refused(authorization, &answer, Code::Unauthenticated);
    }
}

#[tokio::test]
async fn u2_missing_roles_and_scopes_are_permission_denied() {
    let world = World::start().await;
    let served = Served::start(world.asking().build().unwrap().hybrid()).await;
    let plain = bearer(&world.server.token().jwt());
    let able = world.server.token().realm_roles(["clerk"]).scope("export");
    let able = bearer(&able.jwt());
    for method in ["Close", "Export"] {
        let answer = served.call(method, &[("authorization", &plain)]).await;
        assert_refused(method, &answer, Code::PermissionDenied);
        let answer = served.call(method, &[("authorization", &able)]).await;
        assert_eq!(answer.status().code(), Code::Ok, "{method}");
    }
}

#[tokio::test]
async fn u2_a_server_that_is_down_is_unavailable() {
    let world = World::start().await;
    let served = Served::start(world.asking().build().unwrap().hybrid()).await;
    let good = bearer(&world.server.token().jwt());
    let pay = async || served.call("Pay", &[("authorization", &good)]).await;
    assert_eq!(pay().await.status().code(), Code::Ok);
    world
        .server
        .inject(Endpoint::Introspection, Fault::status(500).times(1));
    assert_refused("500", &pay().await, Code::Unavailable);
    world.clock.advance(Duration::from_secs(1));
    world.server.stop().await.unwrap();
    assert_refused("down", &pay().await, Code::Unavailable);
    world.server.restart().await.unwrap();
    assert_eq!(pay().await.status().code(), Code::Ok);
}

#[tokio::test]
async fn u2_our_own_mistakes_are_internal() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let good = bearer(&world.server.token().jwt());
    // A route that asks, and a verifier that cannot.
    let served = Served::start(issuer.jwt()).await;
    let answer = served.call("Pay", &[("authorization", &good)]).await;
    assert_refused("cannot ask", &answer, Code::Internal);
    let answer = served.call("List", &[("authorization", &good)]).await;
    assert_eq!(answer.status().code(), Code::Ok);
    // A secret that is not ours any more.
    let served = Served::start(issuer.hybrid()).await;
    world.server.add_client(Client::new(CLIENT_ID, "renewed"));
    let answer = served.call("Pay", &[("authorization", &good)]).await;
    assert_refused("secret", &answer, Code::Internal);
}

/// Every reason there is.
const REASONS: [Reason; 35] = [
    Reason::MissingToken,
    Reason::MalformedCredentials,
    Reason::MalformedToken,
    Reason::UnsupportedToken,
    Reason::MalformedHeader,
    Reason::AlgorithmNotAllowed,
    Reason::NotAnAccessToken,
    Reason::MalformedClaims,
    Reason::WrongIssuer,
    Reason::WrongAudience,
    Reason::WrongParty,
    Reason::Expired,
    Reason::NotYetValid,
    Reason::IssuedInFuture,
    Reason::UnknownKey,
    Reason::BadSignature,
    Reason::Inactive,
    Reason::SenderConstrained,
    Reason::StatementsDisagree,
    Reason::MissingScope,
    Reason::MissingRole,
    Reason::RequirementNotMet,
    Reason::ClaimsDoNotFit,
    Reason::IssuerUnreachable,
    Reason::IssuerTimeout,
    Reason::IssuerFailed,
    Reason::IssuerAnswerMalformed,
    Reason::IssuerDisabled,
    Reason::IssuerBusy,
    Reason::KeysUnavailable,
    Reason::AnswerNotLive,
    Reason::ClientCredentialsRefused,
    Reason::RequestRefused,
    Reason::CannotAsk,
    Reason::Internal,
];

/// A service that refuses every token for the reason whose code the token is.
async fn refusing() -> Served {
    Served::start(verifier_fn(|credentials, _| async move {
        let named = REASONS
            .into_iter()
            .find(|reason| reason.code() == credentials.token.as_str());
        Err(Rejection::because(named.unwrap(), "50% off \"é\"\r\nx: y"))
    }))
    .await
}

#[tokio::test]
async fn u3_the_http_status_is_200_whatever_the_grpc_status() {
    let served = refusing().await;
    for reason in REASONS {
        let answer = served
            .call("List", &[("authorization", &bearer(reason.code()))])
            .await;
        answer.assert_trailers_only();
        let code = match reason.status() {
            StatusCode::UNAUTHORIZED | StatusCode::BAD_REQUEST => Code::Unauthenticated,
            StatusCode::FORBIDDEN => Code::PermissionDenied,
            StatusCode::SERVICE_UNAVAILABLE => Code::Unavailable,
            _ => Code::Internal,
        };
        assert_eq!(answer.status().code(), code, "{reason:?}");
        // The same refusal has its own status in plain HTTP.
        let plain = served
            .post("List", &[("authorization", &bearer(reason.code()))])
            .await;
        assert_eq!(plain.http_status, reason.status(), "{reason:?}");
    }
}

#[tokio::test]
async fn u4_the_message_is_percent_encoded_and_says_what_a_client_may_read() {
    let served = refusing().await;
    for reason in REASONS {
        let answer = served
            .call("List", &[("authorization", &bearer(reason.code()))])
            .await;
        let message = answer.header("grpc-message").unwrap();
        assert!(!message.is_empty());
        let mut bytes = message.bytes();
        while let Some(byte) = bytes.next() {
            assert!((0x20..0x7f).contains(&byte), "{reason:?}: {message}");
            if byte == b'%' {
                let digits = [bytes.next(), bytes.next()];
                let is_hex =
                    |digit: Option<u8>| digit.is_some_and(|digit| digit.is_ascii_hexdigit());
                assert!(digits.into_iter().all(is_hex), "{reason:?}: {message}");
            }
        }
        // Decoded by a client it is the fixed sentence, and nothing of the diagnosis.
        let description = Rejection::new(reason).description();
        assert_eq!(answer.status().message(), description, "{reason:?}");
    }
}
