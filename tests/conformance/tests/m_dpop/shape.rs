//! What a proof looks like.

use axum::{Router, routing::get};
use http::{HeaderName, HeaderValue};
use portcullis::{Algorithm, AuthenticateLayer, Dpop};
use portcullis_conformance::{parts, send};
use portcullis_testing::{SigningAlgorithm, SigningKey};
use serde_json::{Value, json};

use crate::{API, Bound, ask, bound_to, errors, refused};

const INVALID: &str = "invalid_dpop_proof";

#[tokio::test]
async fn m1_a_request_has_one_proof() {
    let bound = Bound::start().await;
    let (one, other) = (bound.proof().jwt(), bound.proof().claim("jti", "b").jwt());
    for proofs in [vec![&*one, &*one], vec![&*one, &*other]] {
        let reply = send(&bound.router, ask(&bound.token, &proofs)).await;
        assert_eq!(errors(&reply), refused(INVALID));
    }
    // None of them was used up.
    assert_eq!(bound.get(&one).await.status, 200);
}

#[tokio::test]
async fn m2_a_proof_is_one_well_formed_jwt() {
    let bound = Bound::start().await;
    let good = bound.proof().jwt();
    for bad in [
        String::new(),
        " ".to_owned(),
        format!("{good}, {good}"),
        format!("{good},{good}"),
        format!("{good}.a.b"),
        format!("{good}="),
        format!("\"{good}\""),
        good.replace('.', ". "),
        "{}".to_owned(),
        json!({"protected": "a", "payload": "b", "signature": "c"}).to_string(),
        "a.b.c".to_owned(),
        "a".repeat(9000),
    ] {
        bound.refuses(&bad, INVALID, &bad).await;
    }
    bound.accepts(bound.proof(), "well-formed").await;
}

#[tokio::test]
async fn m2_the_name_of_the_header_is_whatever_case() {
    let bound = Bound::start().await;
    let mut request = ask(&bound.token, &[]);
    let name = HeaderName::from_bytes(b"DpOp").unwrap();
    let proof = HeaderValue::try_from(bound.proof().jwt()).unwrap();
    request.headers_mut().append(name, proof);
    assert_eq!(send(&bound.router, request).await.status, 200);
}

#[tokio::test]
async fn m2_bytes_that_are_no_text_are_refused() {
    let bound = Bound::start().await;
    let mut request = ask(&bound.token, &[]);
    let proof = HeaderValue::from_bytes(b"\xff.\xfe.\xfd").unwrap();
    request.headers_mut().append("dpop", proof);
    assert_eq!(
        errors(&send(&bound.router, request).await),
        refused(INVALID)
    );
}

#[tokio::test]
async fn m2_a_proof_has_at_most_8_kib() {
    let bound = Bound::start().await;
    let proof = |header: usize, claim: usize| {
        let proof = bound.proof().header("pad", "a".repeat(header));
        proof.claim("pad", "a".repeat(claim)).jwt()
    };
    // Base64url makes four characters of three bytes, so that one of four headers leaves no rest.
    let of_length = |length: usize| {
        let about = (length - proof(0, 0).len()) * 3 / 4;
        let sizes =
            (0..4).flat_map(|header| (about - 8..=about + 2).map(move |claim| (header, claim)));
        let mut proofs = sizes.map(|(header, claim)| proof(header, claim));
        proofs.find(|proof| proof.len() == length).unwrap()
    };
    let longest = bound.get(of_length(8 * 1024)).await;
    assert_eq!(longest.status, 200, "{longest:?}");
    bound
        .refuses(of_length(8 * 1024 + 1), INVALID, "too long")
        .await;
}

#[tokio::test]
async fn m4_the_type_is_dpop_jwt() {
    let bound = Bound::start().await;
    for typ in ["JWT", "at+jwt", "dpop", "", "dpop+jwt "] {
        bound
            .refuses_proof(bound.proof().header("typ", typ), typ)
            .await;
    }
    let untyped = bound.proof().without_header("typ");
    bound.refuses_proof(untyped, "absent").await;
    for typ in ["DPoP+JWT", "application/dpop+jwt"] {
        let typed = bound.proof().header("typ", typ).claim("jti", typ);
        bound.accepts(typed, typ).await;
    }
}

#[tokio::test]
async fn m5_the_algorithm_is_asymmetric_and_on_the_list() {
    let bound = Bound::with(|dpop| dpop.algorithms([Algorithm::Es256])).await;
    bound
        .refuses_proof(bound.proof().header("alg", "none"), "none")
        .await;
    let secret = SigningKey::hmac(SigningAlgorithm::HS256, [7; 32]).unwrap();
    bound
        .refuses_proof(bound.proof_by(&secret), "a secret")
        .await;
    let rsa = SigningKey::generate(SigningAlgorithm::RS256);
    bound
        .refuses_proof(bound.proof_by(&rsa), "not on the list")
        .await;
    bound.accepts(bound.proof(), "on the list").await;
}

#[tokio::test]
async fn m6_the_signature_is_that_of_the_key_in_the_header() {
    let bound = Bound::start().await;
    let good = bound.proof();
    let proof = good.clone().jwt();
    let [header, payload, signature] = parts(&proof).map(str::to_owned);
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    let rest = signature.get(1..).unwrap();
    bound
        .refuses(
            format!("{header}.{payload}.{flipped}{rest}"),
            INVALID,
            "a flipped bit",
        )
        .await;
    let other = SigningKey::generate(SigningAlgorithm::ES256);
    let forged = good.clone().signed_with(&other).without_header("kid");
    bound.refuses_proof(forged, "another key").await;
    let longer = SigningKey::generate(SigningAlgorithm::ES384);
    bound
        .refuses_proof(
            bound.proof_by(&longer).header("alg", "ES256"),
            "another curve",
        )
        .await;
    let without = good.clone().without_header("jwk");
    bound.refuses_proof(without, "no key").await;
    for jwk in [json!(null), json!("x"), json!({}), json!([bound.key.jwk()])] {
        let case = jwk.to_string();
        bound
            .refuses_proof(good.clone().header("jwk", jwk), &case)
            .await;
    }
    bound.accepts(good, "its own").await;
}

#[tokio::test]
async fn m6_every_algorithm_of_the_list_is_good() {
    for (algorithm, ours) in [
        (SigningAlgorithm::ES256, Algorithm::Es256),
        (SigningAlgorithm::ES384, Algorithm::Es384),
        (SigningAlgorithm::PS256, Algorithm::Ps256),
        (SigningAlgorithm::RS256, Algorithm::Rs256),
        (SigningAlgorithm::EdDSA, Algorithm::EdDsa),
    ] {
        let mut bound = Bound::with(|dpop| dpop.algorithms([ours])).await;
        bound.key = SigningKey::generate(algorithm);
        bound.token = bound_to(&bound.world, &bound.key);
        bound.accepts(bound.proof(), ours.name()).await;
    }
}

#[tokio::test]
async fn m7_a_private_key_is_refused() {
    let bound = Bound::start().await;
    bound
        .refuses_proof(
            bound.proof().header("jwk", bound.key.private_jwk()),
            "its own",
        )
        .await;
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        let mut jwk = bound.key.jwk();
        jwk[member] = Value::from("AA");
        bound
            .refuses_proof(bound.proof().header("jwk", jwk), member)
            .await;
    }
}

#[tokio::test]
async fn m29_what_is_not_known_is_ignored() {
    let bound = Bound::start().await;
    let stranger = SigningKey::generate(SigningAlgorithm::ES256);
    let proof = bound
        .proof()
        .header("kid", stranger.key_id())
        .header("jku", "https://evil.example/keys")
        .header("x5c", json!(["AAAA"]))
        .header("x5u", "https://evil.example/cert")
        .header("foo", json!({"a": 1}))
        .claim("bar", json!([1, 2]))
        .claim("exp", 1);
    bound.accepts(proof, "extra members").await;
    let critical = bound
        .proof()
        .header("crit", json!(["foo"]))
        .header("foo", 1);
    bound
        .refuses_proof(critical, "but for what is critical")
        .await;
}

#[tokio::test]
async fn w14_a_proof_is_shown_to_nobody() {
    let bound = Bound::start().await;
    let seen = |headers: http::HeaderMap| async move { format!("{headers:?}") };
    let issuer = bound.world.realm().connect().await.unwrap();
    let layer = AuthenticateLayer::new(issuer.jwt()).dpop(Dpop::at(API).unwrap());
    let router = Router::new().route("/orders", get(seen)).layer(layer);
    let proof = bound.proof().jwt();
    let reply = send(&router, ask(&bound.token, &[&proof])).await;
    let seen = String::from_utf8(reply.body.to_vec()).unwrap();
    assert!(seen.contains("dpop") && !seen.contains(&proof), "{seen}");
}
