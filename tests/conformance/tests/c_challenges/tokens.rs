//! Bad tokens, as real verifiers meet them.

use http::{StatusCode, header};
use portcullis_conformance::{AUDIENCE, T0, World, get, post_active, protected};
use portcullis_testing::{SigningAlgorithm, SigningKey};

use crate::support::challenge_line;

#[tokio::test]
async fn c3_a_bad_token_is_401_with_invalid_token() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    let mint = || world.server.token();
    let published = world.server.signing_key(SigningAlgorithm::RS256);
    let forger = SigningKey::generate(SigningAlgorithm::RS256).with_key_id(published.key_id());
    let revoked = mint().opaque();
    world.server.revoke(&revoked);
    let good = mint().jwt();
    for (case, token, description) in [
        (
            "expired",
            mint().claim("exp", T0 - 60).jwt(),
            "The access token expired",
        ),
        ("revoked", revoked, "The access token is not active"),
        (
            "malformed",
            mint().raw_payload("{").jwt(),
            "The access token is malformed",
        ),
        (
            "bad signature",
            mint().signed_with(&forger).jwt(),
            "The access token could not be verified",
        ),
        (
            "of another issuer",
            mint().claim("iss", "https://other.example").jwt(),
            "The access token is not meant for this service",
        ),
        (
            "for another audience",
            mint().audience("stock-api").jwt(),
            "The access token is not meant for this service",
        ),
    ] {
        let reply = get(&router, &token).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{case}");
        assert_eq!(
            challenge_line(&reply),
            format!(
                "Bearer realm=\"api\", error=\"invalid_token\", error_description=\"{description}\""
            ),
            "{case}"
        );
    }
    assert_eq!(get(&router, &good).await.status, StatusCode::OK);
}

#[tokio::test]
async fn c3_a_token_revoked_since_is_401_where_the_server_is_asked() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    let token = world.server.token().jwt();
    assert_eq!(post_active(&router, &token).await.status, StatusCode::OK);
    world.server.revoke(&token);
    let reply = post_active(&router, &token).await;
    reply.assert_invalid_token();
    assert_eq!(
        challenge_line(&reply),
        "Bearer realm=\"api\", error=\"invalid_token\", error_description=\"The access token is not active\""
    );
}

#[tokio::test]
async fn c17_no_answer_names_issuer_audience_or_key() {
    let world = World::start().await;
    let router = protected(world.realm().build().unwrap().jwt());
    let mint = || world.server.token();
    let key = world.server.signing_key(SigningAlgorithm::RS256);
    let key_id = key.key_id();
    let forger = SigningKey::generate(SigningAlgorithm::RS256);
    for token in [
        mint().claim("iss", "https://evil.example").jwt(),
        mint().audience("evil-api").jwt(),
        mint().signed_with(&forger).jwt(),
        mint().signed_with(&forger.with_key_id(key_id)).jwt(),
        mint().header("kid", "evil-kid").jwt(),
        mint().header("alg", "ES512").jwt(),
        mint().header("typ", "evil-typ").jwt(),
        mint().claim("exp", "evil").jwt(),
    ] {
        let reply = get(&router, &token).await;
        reply.assert_invalid_token();
        let told = format!("{:?} {:?}", reply.headers, reply.body);
        for secret in [
            world.server.issuer(),
            AUDIENCE,
            key_id,
            "127.0.0.1",
            "evil",
            "RS256",
            "ES512",
            "kid",
            forger.key_id(),
        ] {
            assert!(!told.contains(secret), "{secret:?} in {told}");
        }
    }
    let reply = get(&router, &mint().jwt()).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(!reply.headers.contains_key(header::WWW_AUTHENTICATE));
}
