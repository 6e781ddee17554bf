//! Keys that are taken for others.

use portcullis::{Algorithm, Issuer, KeySet};
use portcullis_conformance::{
    AUDIENCE, LocalWorld, T0, World, get, parts, protected, with_signature,
};
use portcullis_testing::{AuthorizationServer, Endpoint, Fault, SigningAlgorithm, SigningKey};
use serde_json::json;

use crate::{local, secret};

/// Every spelling of a public key that was ever taken for an HMAC secret.
fn spellings(key: &SigningKey) -> Vec<Vec<u8>> {
    let pem = key.public_key_pem();
    let jwk = key.jwk();
    vec![
        pem.clone().into_bytes(),
        pem.trim_end().as_bytes().to_vec(),
        pem.replace('\n', "\r\n").into_bytes(),
        format!("\n{pem}").into_bytes(),
        format!("  {pem}").into_bytes(),
        format!("\u{feff}{pem}").into_bytes(),
        key.public_key_der(),
        jwk.to_string().into_bytes(),
        serde_json::to_vec_pretty(&jwk).unwrap(),
    ]
}

async fn refuses_secrets(range: std::ops::Range<usize>) {
    let (local, key) = local().await;
    for (number, spelling) in spellings(&key).into_iter().enumerate() {
        if range.contains(&number) {
            let forged = secret(spelling, key.key_id()).unwrap();
            let token = local.server().token().signed_with(&forged).jwt();
            local
                .refuses_unasked(&token, &format!("spelling {number}"))
                .await;
        }
    }
}

#[tokio::test]
async fn x1_a_public_key_is_no_secret() {
    refuses_secrets(0..3).await;
}

#[tokio::test]
async fn x2_nor_with_white_space_in_front_of_it() {
    refuses_secrets(3..6).await;
}

#[tokio::test]
async fn x4_nor_as_a_jwk() {
    refuses_secrets(6..9).await;
}

#[tokio::test]
async fn x3_a_key_without_alg_does_not_let_the_header_choose() {
    let world = World::start().await;
    let key = world.server.signing_key(SigningAlgorithm::RS256);
    world
        .server
        .patch_jwk(key.key_id(), &json!({"alg": null, "use": null}));
    let only_rsa = |realm: portcullis::IssuerBuilder| realm.algorithms([Algorithm::Rs256]);
    let local = LocalWorld::on(world, only_rsa).await;
    local.accepts(&local.server().token().jwt(), "RS256").await;
    for algorithm in [SigningAlgorithm::RS512, SigningAlgorithm::PS256] {
        let other = key
            .with_algorithm(algorithm)
            .unwrap()
            .with_key_id(key.key_id());
        let token = local.server().token().signed_with(&other).jwt();
        local.refuses_unasked(&token, algorithm.name()).await;
    }
    let forged = secret(key.public_key_pem(), key.key_id()).unwrap();
    let token = local.server().token().signed_with(&forged).jwt();
    local.refuses_unasked(&token, "HS256").await;
}

#[tokio::test]
async fn x6_an_ecdsa_signature_of_zeros_is_none() {
    let world = World::start().await;
    let curves = [
        SigningAlgorithm::ES256,
        SigningAlgorithm::ES384,
        SigningAlgorithm::ES512,
    ];
    for algorithm in curves {
        let _ = world.server.signing_key(algorithm);
    }
    let local = LocalWorld::on(world, |realm| realm).await;
    for (algorithm, length) in [
        (SigningAlgorithm::ES256, 64),
        (SigningAlgorithm::ES384, 96),
        (SigningAlgorithm::ES512, 132),
    ] {
        let token = local.server().token().algorithm(algorithm).jwt();
        for byte in [0, 0xff] {
            let psychic = with_signature(&token, vec![byte; length]);
            local.refuses_unasked(&psychic, algorithm.name()).await;
        }
    }
}

#[tokio::test]
async fn x7_a_token_does_not_bring_its_own_key() {
    let (local, key) = local().await;
    let own = SigningKey::generate(SigningAlgorithm::RS256).with_key_id(key.key_id());
    let token = local.server().token().signed_with(&own);
    let token = token.header("jwk", own.jwk());
    local.refuses_unasked(&token.clone().jwt(), "jwk").await;
    local
        .refuses_unasked(&token.without_header("kid").jwt(), "jwk alone")
        .await;
}

#[tokio::test]
async fn x25_unknown_key_ids_neither_flood_the_issuer_nor_lose_its_keys() {
    let world = World::start().await;
    let router = protected(world.realm().connect().await.unwrap().jwt());
    world.server.clear_requests();
    world.server.inject(Endpoint::Jwks, Fault::status(500));
    let own = SigningKey::generate(SigningAlgorithm::RS256);
    for number in 0..100 {
        let stranger = own.with_key_id(format!("unknown-{number}"));
        let token = world.server.token().signed_with(&stranger).jwt();
        assert_ne!(get(&router, &token).await.status, 200);
    }
    assert!(world.server.request_count(Endpoint::Jwks) <= 5);
    assert_eq!(get(&router, &world.server.token().jwt()).await.status, 200);
}

#[tokio::test]
async fn x26_a_key_id_does_not_choose_a_key_of_another_type() {
    let world = World::start().await;
    let rsa = world.server.signing_key(SigningAlgorithm::RS256);
    let elliptic = world.server.signing_key(SigningAlgorithm::ES256);
    let local = LocalWorld::on(world, |realm| realm).await;
    for (key, kid) in [(&rsa, elliptic.key_id()), (&elliptic, rsa.key_id())] {
        let token = local.server().token().signed_with(key).header("kid", kid);
        local.refuses(&token.jwt(), kid).await;
    }
    for kid in ["../../dev/null", "' OR 1=1 --", "0", ""] {
        let token = local
            .server()
            .token()
            .header("kid", kid)
            .claim("iat", T0 - 60);
        local.refuses(&token.jwt(), kid).await;
    }
}

#[tokio::test]
async fn x27_an_empty_secret_is_no_key() {
    let (local, key) = local().await;
    for empty in [Vec::new(), vec![0]] {
        let Some(forged) = secret(empty, key.key_id()) else {
            continue;
        };
        let token = local.server().token().signed_with(&forged).jwt();
        local.refuses_unasked(&token, "an empty secret").await;
    }
    let set = json!({"keys": [{"kty": "oct", "k": "", "kid": key.key_id()}]}).to_string();
    let keys = KeySet::parse(set.as_bytes(), Algorithm::ALL).unwrap();
    assert_eq!(keys.usable_keys(), 0);
}

#[tokio::test]
async fn x28_a_signature_counts_to_the_last_bit() {
    let (local, _) = local().await;
    let token = local.server().token().jwt();
    let [_, _, signature] = parts(&token);
    let bytes = portcullis_conformance::from_base64url(signature);
    for at in (0..bytes.len()).step_by(7) {
        let flipped: Vec<u8> = bytes
            .iter()
            .enumerate()
            .map(|(number, byte)| if number == at { byte ^ 1 } else { *byte })
            .collect();
        local
            .refuses_unasked(&with_signature(&token, flipped), "a flipped bit")
            .await;
    }
    local
        .refuses_unasked(&with_signature(&token, []), "no signature")
        .await;
    local
        .refuses_unasked(&with_signature(&token, [0]), "a short one")
        .await;
}

#[tokio::test]
async fn x29_no_issuer_is_not_any_issuer() {
    let (local, _) = local().await;
    let anonymous = local.server().token().without_claim("iss").jwt();
    local.refuses_unasked(&anonymous, "no issuer").await;
    let stranger = AuthorizationServer::start().await.unwrap();
    local
        .refuses_unasked(&stranger.token().jwt(), "a stranger")
        .await;
    assert_eq!(stranger.total_request_count(), 0);
}

#[tokio::test]
async fn x30_an_address_in_the_header_is_never_asked() {
    let (local, key) = local().await;
    let attacker = AuthorizationServer::start().await.unwrap();
    let own = attacker
        .signing_key(SigningAlgorithm::RS256)
        .with_key_id(key.key_id());
    for name in ["jku", "x5u"] {
        let token = local.server().token().signed_with(&own);
        let token = token.header(name, attacker.url(Endpoint::Jwks)).jwt();
        local.refuses_unasked(&token, name).await;
    }
    assert_eq!(attacker.connection_count(), 0);
}

#[tokio::test]
async fn x33_verification_needs_no_private_key() {
    // The timing of RSA decryption (RUSTSEC-2023-0071) concerns private keys: none is here.
    let (local, _) = local().await;
    let set = local.server().jwks().to_string();
    let issuer = Issuer::builder(local.server().issuer())
        .unwrap()
        .audience(AUDIENCE);
    assert!(!set.contains("\"d\""));
    assert!(issuer.build().is_ok());
    let lock = include_str!("../../../../Cargo.lock");
    assert!(
        !lock.contains("name = \"rsa\""),
        "the crate `rsa` is in the tree"
    );
}
