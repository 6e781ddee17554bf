#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

use portcullis::{Algorithm, KeySet};
use portcullis_conformance::{LocalWorld, World, base64url, from_base64url};
use portcullis_testing::{SigningAlgorithm, SigningKey};
use serde_json::json;

use super::publishing;

const HMACS: [SigningAlgorithm; 3] = [
    SigningAlgorithm::HS256,
    SigningAlgorithm::HS384,
    SigningAlgorithm::HS512,
];

/// What an attacker can take for the "secret": every way in which the public key is written.
fn guesses(key: &SigningKey) -> Vec<Vec<u8>> {
    let (pem, jwk) = (key.public_key_pem(), key.jwk());
    let mut guesses: Vec<Vec<u8>> = vec![
        pem.clone().into(),
        pem.trim_end().into(),
        format!("\n{pem}").into(),
        format!("  {pem}").into(),
        pem.replace('\n', "\r\n").into(),
        key.public_key_der(),
        jwk.to_string().into(),
        Vec::new(),
    ];
    for member in ["n", "x", "y"] {
        if let Some(number) = jwk[member].as_str() {
            guesses.push(number.into());
            guesses.push(from_base64url(number));
        }
    }
    guesses
}

#[tokio::test]
async fn h2_a_public_key_is_never_an_hmac_secret() {
    for published in [None, Some("HS256")] {
        for algorithm in [SigningAlgorithm::RS256, SigningAlgorithm::ES256] {
            let world = World::start().await;
            let key = world.server.signing_key(algorithm);
            let local = LocalWorld::on(world, |realm| realm).await;
            local
                .accepts(&local.server().token().signed_with(&key).jwt(), "signed")
                .await;
            // A key set that lets the key be confused changes nothing.
            local
                .server()
                .patch_jwk(key.key_id(), &json!({"alg": published}));
            let local = LocalWorld::on(local.world, |realm| realm).await;
            for secret in guesses(&key) {
                for hmac in HMACS {
                    let forged = SigningKey::hmac(hmac, secret.clone()).unwrap();
                    let forged = forged.with_key_id(key.key_id());
                    let token = local.server().token().signed_with(&forged);
                    let case = format!("{algorithm} as {hmac}, {} bytes", secret.len());
                    local.refuses_unasked(&token.clone().jwt(), &case).await;
                    // Under the honest name it is no signature either.
                    let renamed = token.header("alg", algorithm.name());
                    local.refuses(&renamed.jwt(), &case).await;
                }
            }
        }
    }
}

#[tokio::test]
async fn h3_symmetric_keys_in_a_key_set_are_ignored() {
    let keys: Vec<_> = HMACS
        .map(|algorithm| SigningKey::hmac(algorithm, vec![7; 64]).unwrap())
        .into();
    let disguised = json!({"kty": "oct", "kid": "disguised", "alg": "RS256", "use": "sig",
        "k": base64url([7; 64])});
    let unnamed = json!({"kty": "oct", "k": base64url([7; 64])});
    let published = keys.iter().map(SigningKey::jwk);
    let local = publishing(published.chain([disguised, unnamed])).await;
    local
        .accepts(&local.server().token().jwt(), "the other keys of the set")
        .await;
    for key in &keys {
        for kid in [key.key_id(), "disguised"] {
            let token = local.server().token().signed_with(&key.with_key_id(kid));
            local
                .refuses_unasked(&token.clone().jwt(), key.algorithm().name())
                .await;
            let renamed = token.header("alg", "RS256").jwt();
            local
                .refuses_unasked(&renamed, key.algorithm().name())
                .await;
        }
        let unnamed = local
            .server()
            .token()
            .signed_with(key)
            .without_header("kid");
        local
            .refuses_unasked(&unnamed.jwt(), key.algorithm().name())
            .await;
    }
}

/// There is no HMAC among the algorithms, so a secret of whatever length is refused as a key.
#[tokio::test]
async fn h28_an_hmac_secret_fails_the_build() {
    assert!(
        Algorithm::ALL
            .iter()
            .all(|algorithm| !algorithm.name().starts_with("HS"))
    );
    let world = World::start().await;
    for algorithm in HMACS {
        for length in [0, 1, 16, 31, 32, 47, 48, 63, 64, 128] {
            let key = SigningKey::hmac(algorithm, vec![1; length]).unwrap();
            let set = json!({"keys": [key.jwk()]}).to_string();
            let built = world.realm().keys(&set).build();
            assert!(built.is_err(), "{algorithm} with {length} bytes");
            let set = KeySet::parse(set.as_bytes(), Algorithm::ALL).unwrap();
            assert_eq!(set.usable_keys(), 0, "{algorithm} with {length} bytes");
        }
    }
    let public = world.server.jwks().to_string();
    assert!(
        world.realm().keys(public).build().is_ok(),
        "public keys build"
    );
}
