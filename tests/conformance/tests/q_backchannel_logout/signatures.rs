//! Who has signed a logout token: the issuer, by an algorithm that proves it.

use http::StatusCode;
use portcullis::Algorithm;
use portcullis_conformance::{CapturedLog, FRONT_END, Instance, World, get, notify, parts};
use portcullis_testing::{
    AuthorizationServer, Client, LogoutTokenBuilder, SigningAlgorithm, SigningKey,
};
use tracing::Level;

use crate::support::Told;

const SYMMETRIC: [SigningAlgorithm; 3] = [
    SigningAlgorithm::HS256,
    SigningAlgorithm::HS384,
    SigningAlgorithm::HS512,
];

#[tokio::test]
async fn q2_every_algorithm_of_id_tokens_that_proves_who_signed_is_taken() {
    let told = Told::start().await;
    for algorithm in [
        SigningAlgorithm::RS256,
        SigningAlgorithm::PS256,
        SigningAlgorithm::ES256,
        SigningAlgorithm::EdDSA,
    ] {
        let case = format!("{algorithm:?}");
        told.takes(|token| token.algorithm(algorithm), &case).await;
    }
}

#[tokio::test]
async fn q2_an_algorithm_that_is_not_on_the_list_is_refused() {
    let told = Told::with(|issuer| issuer.algorithms([Algorithm::Es256])).await;
    // Access tokens are held against the same list.
    let status = told.tell(&told.world.server.logout_token().jwt()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let token = told.world.server.logout_token();
    let status = told
        .tell(&token.algorithm(SigningAlgorithm::ES256).jwt())
        .await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn q2_none_is_no_signature() {
    let told = Told::start().await;
    for none in ["none", "None", "NONE", "nOnE"] {
        told.refuses(|token| token.header("alg", none), none).await;
        let unsigned = |token: LogoutTokenBuilder| token.header("alg", none).signature(Vec::new());
        told.refuses(unsigned, none).await;
    }
    let signed = told.world.server.logout_token().header("alg", "none").jwt();
    let [header, payload, _] = parts(&signed);
    for text in [
        format!("{header}.{payload}."),
        format!("{header}.{payload}"),
    ] {
        assert_eq!(told.tell(&text).await, StatusCode::BAD_REQUEST, "{text}");
    }
}

#[tokio::test]
async fn q2_an_hmac_under_the_public_key_is_refused() {
    let told = Told::start().await;
    let key = told.world.server.signing_key(SigningAlgorithm::RS256);
    let pem = key.public_key_pem();
    let jwk = key.jwk().to_string();
    for algorithm in SYMMETRIC {
        for secret in [
            pem.as_bytes(),
            pem.trim_end().as_bytes(),
            jwk.as_bytes(),
            &key.public_key_der(),
        ] {
            let forged = SigningKey::hmac(algorithm, secret).unwrap();
            let forged = forged.with_key_id(key.key_id());
            let case = format!("{algorithm:?}");
            told.refuses(|token| token.signed_with(&forged), &case)
                .await;
        }
    }
}

#[tokio::test]
async fn q2_a_signature_of_anybody_else_is_refused() {
    let told = Told::start().await;
    let stranger = AuthorizationServer::start().await.unwrap();
    let own = told.world.server.signing_key(SigningAlgorithm::RS256);
    let theirs = stranger.signing_key(SigningAlgorithm::RS256);
    told.refuses(|token| token.signed_with(&theirs), "another server's")
        .await;
    let kid = own.key_id().to_owned();
    told.refuses(
        |token| token.signed_with(&theirs).header("kid", kid),
        "another server's under our issuer's key id",
    )
    .await;
    let encryption = told.world.server.encryption_key();
    told.refuses(
        |token| token.signed_with(&encryption),
        "a key for encryption",
    )
    .await;
    told.refuses(|token| token.signature(vec![0; 256]), "zeros")
        .await;
}

#[tokio::test]
async fn q2_an_hmac_of_the_server_is_refused_and_its_client_named_once() {
    let log = CapturedLog::start();
    let world = World::start().await;
    let issuer = world.told().logout_audiences(["other-app"]);
    let instance = Instance::with(&world, issuer).await;
    for client in [FRONT_END, "other-app"] {
        let client = Client::public(client).id_token_algorithm(SigningAlgorithm::HS256);
        instance.subscribe_as(&world, client).await;
    }
    let session = world.server.login("alice");
    let token = session.token().jwt();
    session.joined_by("other-app");
    for session in [&session, &world.server.login("bob")] {
        session.joined_by(FRONT_END);
        for delivery in session.log_out().await {
            assert_eq!(delivery.status(), Some(400));
        }
    }
    // Nobody has told; whoever asks finds out.
    let reply = get(&instance.hybrid, &token).await;
    assert_eq!(reply.status, StatusCode::OK);
    for client in [FRONT_END, "other-app"] {
        let named = format!("tokens for `{client}` come with an HMAC");
        let lines = log.matching(Level::WARN, &named);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].text.contains("RS256"), "it says what to do");
    }
}

/// Nobody has signed for the client that such a token names, so only ours are named.
#[tokio::test]
async fn q2_the_log_names_no_client_that_is_not_ours() {
    let log = CapturedLog::start();
    let told = Told::start().await;
    let secret = SigningKey::hmac(SigningAlgorithm::HS256, [7; 32]).unwrap();
    let forged = told
        .world
        .server
        .logout_token()
        .audience("a-made-up-client");
    notify(&told.instance.receiver, &forged.signed_with(&secret).jwt()).await;
    assert!(log.matching(Level::WARN, "a-made-up-client").is_empty());
}
