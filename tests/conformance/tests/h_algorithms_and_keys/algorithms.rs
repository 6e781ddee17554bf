use portcullis::Algorithm;
use portcullis_conformance::{LocalWorld, World, base64url};
use portcullis_testing::{SigningAlgorithm, SigningKey};
use serde_json::{Value, json};

use super::publishing;

#[tokio::test]
async fn h1_none_is_refused_in_every_spelling() {
    let local = LocalWorld::start().await;
    let token = local.server().token();
    local.accepts(&token.clone().jwt(), "signed").await;
    for signature in [Vec::new(), vec![0; 256], b"none".to_vec()] {
        for alg in ["none", "None", "NONE", "nOnE", "", "no\u{0}ne", " none"] {
            let unsigned = token
                .clone()
                .header("alg", alg)
                .signature(signature.clone());
            local.refuses_unasked(&unsigned.jwt(), alg).await;
        }
        for alg in [
            Value::Null,
            json!(0),
            json!([]),
            json!(["RS256"]),
            json!({}),
        ] {
            let unsigned = token.clone().header("alg", alg.clone());
            let unsigned = unsigned.signature(signature.clone());
            local
                .refuses_unasked(&unsigned.jwt(), &alg.to_string())
                .await;
        }
        let absent = token.clone().without_header("alg").signature(signature);
        local.refuses_unasked(&absent.jwt(), "absent").await;
    }
    let signed_none = token.header("alg", "none").jwt();
    local
        .refuses_unasked(&signed_none, "`none` with a good signature")
        .await;
}

#[tokio::test]
async fn h4_the_header_never_widens_the_allow_list() {
    let world = World::start().await;
    let key = world.server.signing_key(SigningAlgorithm::RS256);
    world.server.patch_jwk(key.key_id(), &json!({"alg": null}));
    let local = LocalWorld::on(world, |realm| realm.algorithms([Algorithm::Rs256])).await;
    let token = local.server().token();
    let signed = |algorithm| {
        let key = key.with_algorithm(algorithm).unwrap();
        token.clone().signed_with(&key).jwt()
    };
    local
        .accepts(&signed(SigningAlgorithm::RS256), "RS256")
        .await;
    for algorithm in [
        SigningAlgorithm::PS256,
        SigningAlgorithm::RS384,
        SigningAlgorithm::RS512,
        SigningAlgorithm::PS512,
    ] {
        local
            .refuses_unasked(&signed(algorithm), algorithm.name())
            .await;
    }
    for algorithm in [SigningAlgorithm::HS256, SigningAlgorithm::HS512] {
        let confused = SigningKey::hmac(algorithm, key.public_key_der()).unwrap();
        let confused = confused.with_key_id(key.key_id());
        let confused = token.clone().signed_with(&confused).jwt();
        local.refuses_unasked(&confused, algorithm.name()).await;
    }
    let es256 = token.clone().algorithm(SigningAlgorithm::ES256).jwt();
    local
        .refuses_unasked(&es256, "a good key that is not on the list")
        .await;

    // The same key and tokens, the other way round.
    let local = LocalWorld::on(local.world, |realm| realm.algorithms([Algorithm::Ps256])).await;
    local
        .accepts(&signed(SigningAlgorithm::PS256), "PS256")
        .await;
    local
        .refuses_unasked(&signed(SigningAlgorithm::RS256), "RS256")
        .await;
}

#[tokio::test]
async fn h5_a_keys_own_algorithm_binds_it() {
    let local = LocalWorld::start().await;
    let token = local.server().token();
    for (algorithm, others) in [
        (
            SigningAlgorithm::RS256,
            [SigningAlgorithm::PS256, SigningAlgorithm::RS512],
        ),
        (
            SigningAlgorithm::PS256,
            [SigningAlgorithm::RS256, SigningAlgorithm::PS384],
        ),
    ] {
        let key = local.server().signing_key(algorithm);
        local
            .accepts(&token.clone().signed_with(&key).jwt(), algorithm.name())
            .await;
        for other in others {
            let key = key.with_algorithm(other).unwrap();
            let signed = token.clone().signed_with(&key);
            local
                .refuses_unasked(&signed.clone().jwt(), other.name())
                .await;
            let unnamed = signed.without_header("kid").jwt();
            local.refuses(&unnamed, other.name()).await;
        }
    }
}

#[tokio::test]
async fn h6_curve_and_algorithm_must_agree() {
    use SigningAlgorithm::{ES256, ES384, ES512};
    for (of_key, of_header) in [
        (ES384, "ES256"),
        (ES512, "ES256"),
        (ES256, "ES384"),
        (ES512, "ES384"),
        (ES384, "ES512"),
        (ES256, "ES512"),
    ] {
        for alg_of_key in [Value::Null, json!(of_header)] {
            let world = World::start().await;
            let key = world.server.signing_key(of_key);
            world
                .server
                .patch_jwk(key.key_id(), &json!({"alg": alg_of_key}));
            let local = LocalWorld::on(world, |realm| realm).await;
            let token = local.server().token().signed_with(&key);
            let case = format!("{of_key} key that says {alg_of_key}, header {of_header}");
            if alg_of_key.is_null() {
                local.accepts(&token.clone().jwt(), &case).await;
            }
            local
                .refuses_unasked(&token.header("alg", of_header).jwt(), &case)
                .await;
        }
    }
}

#[tokio::test]
async fn h11_ed25519_goes_by_both_names() {
    use Algorithm::{Ed25519, EdDsa};
    for alg_of_key in [json!("EdDSA"), json!("Ed25519"), Value::Null] {
        for (allowed, accepted, refused) in [
            (vec![EdDsa, Ed25519], vec!["EdDSA", "Ed25519"], vec![]),
            (vec![Ed25519], vec!["Ed25519"], vec!["EdDSA"]),
            (vec![EdDsa], vec!["EdDSA"], vec!["Ed25519"]),
        ] {
            let world = World::start().await;
            let key = world.server.signing_key(SigningAlgorithm::EdDSA);
            world
                .server
                .patch_jwk(key.key_id(), &json!({"alg": alg_of_key}));
            let local = LocalWorld::on(world, |realm| realm.algorithms(allowed)).await;
            let token = local.server().token().signed_with(&key);
            for alg in accepted {
                local
                    .accepts(&token.clone().header("alg", alg).jwt(), alg)
                    .await;
            }
            for alg in refused {
                local
                    .refuses_unasked(&token.clone().header("alg", alg).jwt(), alg)
                    .await;
            }
        }
    }
}

#[tokio::test]
async fn h11_ed448_is_unsupported_without_a_panic() {
    let ed448 = |kid: &str, alg: &str, length: usize| {
        json!({"kty": "OKP", "crv": "Ed448", "use": "sig", "kid": kid, "alg": alg,
            "x": base64url(vec![9; length])})
    };
    let keys = [
        ed448("a", "Ed448", 57),
        ed448("b", "EdDSA", 57),
        ed448("c", "EdDSA", 32),
    ];
    let local = publishing(keys).await;
    let token = local.server().token().algorithm(SigningAlgorithm::EdDSA);
    local
        .accepts(&token.clone().jwt(), "the other keys of the set")
        .await;
    for kid in ["a", "b", "c"] {
        for alg in ["Ed448", "EdDSA", "Ed25519"] {
            let token = token.clone().header("alg", alg).header("kid", kid);
            let long = token.clone().signature([7; 114]).jwt();
            local.refuses_unasked(&long, alg).await;
            local.refuses_unasked(&token.jwt(), alg).await;
        }
    }
}

#[tokio::test]
async fn h12_unknown_key_types_do_not_spoil_the_set() {
    let ml_dsa = |alg: &str, length: usize| json!({"kty": "AKP", "kid": alg, "alg": alg, "use": "sig", "pub": base64url(vec![5; length])});
    let es256k = json!({"kty": "EC", "crv": "secp256k1", "kid": "ES256K", "alg": "ES256K",
        "use": "sig", "x": base64url([1; 32]), "y": base64url([2; 32])});
    let keys = [
        ml_dsa("ML-DSA-44", 1312),
        ml_dsa("ML-DSA-65", 1952),
        ml_dsa("ML-DSA-87", 2592),
        es256k,
    ];
    let local = publishing(keys).await;
    for algorithm in [
        SigningAlgorithm::RS256,
        SigningAlgorithm::ES256,
        SigningAlgorithm::EdDSA,
    ] {
        let token = local.server().token().algorithm(algorithm).jwt();
        local.accepts(&token, algorithm.name()).await;
    }
    for (alg, length) in [
        ("ML-DSA-44", 2420),
        ("ML-DSA-65", 3309),
        ("ML-DSA-87", 4627),
        ("ES256K", 64),
    ] {
        let token = local.server().token().header("alg", alg).header("kid", alg);
        local
            .refuses_unasked(&token.signature(vec![3; length]).jwt(), alg)
            .await;
    }
}

/// ES512 is known here, unlike in most of the field; where it is not on the allow-list, its key
/// is skipped like any unknown one.
#[tokio::test]
async fn h12_a_disabled_algorithm_is_like_an_unknown_one() {
    let world = World::start().await;
    let key = world.server.signing_key(SigningAlgorithm::ES512);
    let local = LocalWorld::on(world, |realm| realm).await;
    let token = local.server().token().signed_with(&key).jwt();
    local.accepts(&token, "enabled").await;
    let local = LocalWorld::on(local.world, |realm| {
        realm.algorithms([Algorithm::Rs256, Algorithm::Es256])
    });
    let local = local.await;
    local.refuses_unasked(&token, "disabled").await;
    local
        .accepts(&local.server().token().jwt(), "another key")
        .await;
}
