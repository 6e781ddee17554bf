use aws_lc_rs::{
    encoding::{AsDer, EcPrivateKeyRfc5915Der},
    signature::EcdsaKeyPair,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use portcullis_testing::{SigningAlgorithm, SigningKey};
use rustls_pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use serde_json::Value;

use super::{pair::Curve, *};
use crate::client_authentication::tests::{assertion, attempt, target};

/// The `alg` and `kid` of an assertion by this key, for a server that publishes these.
async fn header(key: ClientKey, algorithms: Option<&[&str]>) -> (String, Option<String>) {
    let client = ClientAuthentication::private_key_jwt("api", key).unwrap();
    let attempt = attempt(&client, &target(None, algorithms)).await.unwrap();
    let (header, _) = assertion(&attempt);
    let text = |name| header.get(name).and_then(Value::as_str).map(str::to_owned);
    (text("alg").unwrap(), text("kid"))
}

fn jwk(key: &SigningKey, change: impl FnOnce(&mut serde_json::Map<String, Value>)) -> String {
    let mut jwk = key.private_jwk();
    change(jwk.as_object_mut().unwrap());
    jwk.to_string()
}

fn rsa() -> SigningKey {
    SigningKey::generate(SigningAlgorithm::RS256)
}

#[tokio::test]
async fn the_algorithm_is_what_is_said_then_what_is_published_then_the_usual_one() {
    let key = ClientKey::from_pem(rsa().private_key_pem()).unwrap();
    assert_eq!(header(key.clone(), None).await.0, "RS256");
    let published: &[&str] = &["HS256", "RS512", "ES256", "PS384"];
    assert_eq!(header(key.clone(), Some(published)).await.0, "PS384");
    assert_eq!(header(key.clone(), Some(&["ES256"])).await.0, "RS256");
    let said = key.algorithm(Algorithm::Rs384).unwrap();
    assert_eq!(header(said, Some(published)).await.0, "RS384");

    let own = ClientKey::from_jwk(jwk(&rsa(), |jwk| {
        jwk.insert("alg".to_owned(), "PS512".into());
    }));
    assert_eq!(header(own.unwrap(), Some(published)).await.0, "PS512");

    let edwards = SigningKey::generate(SigningAlgorithm::EdDSA).private_key_pem();
    let edwards = ClientKey::from_pem(edwards).unwrap();
    assert_eq!(header(edwards.clone(), None).await.0, "EdDSA");
    assert_eq!(header(edwards, Some(&["Ed25519"])).await.0, "Ed25519");
}

#[tokio::test]
async fn the_key_id_is_that_of_the_jwk_or_the_one_that_is_said() {
    let signing = rsa();
    let pem = ClientKey::from_pem(signing.private_key_pem()).unwrap();
    assert_eq!(header(pem.clone(), None).await.1, None);
    assert_eq!(
        header(pem.key_id("mine"), None).await.1.as_deref(),
        Some("mine")
    );
    let own = ClientKey::from_jwk(signing.private_jwk().to_string()).unwrap();
    let kid = Some(signing.key_id());
    assert_eq!(header(own, None).await.1.as_deref(), kid);
}

#[test]
fn an_algorithm_of_another_kind_is_refused() {
    let rsa = ClientKey::from_pem(rsa().private_key_pem()).unwrap();
    let ec = SigningKey::generate(SigningAlgorithm::ES256).private_key_pem();
    let ec = ClientKey::from_pem(ec).unwrap();
    for (key, algorithm) in [
        (&rsa, Algorithm::Es256),
        (&rsa, Algorithm::EdDsa),
        (&ec, Algorithm::Es384),
        (&ec, Algorithm::Rs256),
    ] {
        let error = key.clone().algorithm(algorithm).unwrap_err();
        assert_eq!(error.setting(), "algorithm");
    }
}

#[test]
fn a_jwk_that_is_no_private_signing_key_is_refused_and_not_repeated() {
    let signing = SigningKey::generate(SigningAlgorithm::ES256);
    let other = SigningKey::generate(SigningAlgorithm::ES256).private_jwk();
    let insert = |name: &'static str, value: Value| {
        jwk(&signing, |jwk| drop(jwk.insert(name.to_owned(), value)))
    };
    let private = signing.private_jwk()["d"].as_str().unwrap().to_owned();
    for refused in [
        signing.jwk().to_string(),
        insert("use", "enc".into()),
        insert("key_ops", serde_json::json!(["verify"])),
        insert("alg", "none".into()),
        insert("alg", "HS256".into()),
        insert("alg", "RS256".into()),
        insert("crv", "P-384".into()),
        insert("crv", "secp256k1".into()),
        insert("kty", "oct".into()),
        insert("x", other["x"].clone()),
        insert("d", format!("AAAA{private}").into()),
        insert("d", 7.into()),
        format!("[{}]", signing.private_jwk()),
        "no JSON".to_owned(),
    ] {
        let error = ClientKey::from_jwk(&refused).unwrap_err().to_string();
        assert!(!error.contains(&private), "{error}");
    }
    let whole = signing.private_jwk().to_string();
    let key = ClientKey::from_jwk(whole).unwrap();
    assert!(!format!("{key:?}").contains(&private));
}

#[test]
fn a_text_without_exactly_one_private_key_is_refused() {
    let signing = rsa();
    let private = signing.private_key_pem();
    for refused in [
        String::new(),
        signing.public_key_pem(),
        format!("{private}{private}"),
        private.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
        private.replace("PRIVATE KEY", "EC PRIVATE KEY"),
    ] {
        assert!(ClientKey::from_pem(refused).is_err());
    }
    let beside = format!("{}{private}", signing.public_key_pem());
    assert!(ClientKey::from_pem(beside).is_ok());
}

/// What stands in a PKCS#8 text.
fn pkcs8(key: &SigningKey) -> Vec<u8> {
    let pem = key.private_key_pem();
    let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).unwrap();
    der.secret_pkcs8_der().to_vec()
}

fn pem(label: &str, der: &[u8]) -> String {
    let der = STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{der}\n-----END {label}-----\n")
}

#[tokio::test]
async fn the_older_forms_of_pem_are_read_too() {
    // PKCS#1 is the octet string at the end of PKCS#8.
    const IN_FRONT: usize = 26;
    let rsa = pem("RSA PRIVATE KEY", &pkcs8(&rsa())[IN_FRONT..]);
    let rsa = ClientKey::from_pem(rsa).unwrap();
    assert_eq!(header(rsa, None).await.0, "RS256");

    for (signing, curve, alg) in [
        (SigningAlgorithm::ES256, Curve::P256, "ES256"),
        (SigningAlgorithm::ES384, Curve::P384, "ES384"),
        (SigningAlgorithm::ES512, Curve::P521, "ES512"),
    ] {
        let der = pkcs8(&SigningKey::generate(signing));
        let pair = EcdsaKeyPair::from_pkcs8(curve.signing(), &der).unwrap();
        let sec1: EcPrivateKeyRfc5915Der<'_> = pair.private_key().as_der().unwrap();
        let key = ClientKey::from_pem(pem("EC PRIVATE KEY", sec1.as_ref())).unwrap();
        assert_eq!(header(key, None).await.0, alg);
    }
}

/// A sound RSA key of 1024 bits.
const SHORT_RSA: &str = r#"{
    "kty": "RSA",
    "n": "zPa9usp-8L0UzgFdtKAmojs9uVWM_7u5S7df6RFNxyN2MkcZGbREzOfDR5pI-p2CDk385aE93mEplQVrL4MMLs6_QZLLK7tQb6aIqNxFXv7P7cZZMahxLclNlzBKIwxZf2buIQlDjkF-0YHJgVtq5yDF6-8Jqm0gw_128fBFAbM",
    "e": "AQAB",
    "d": "rhiLkgT8jBnfeRg58vnxtu1hAXLEgFiBDOpmwj6bdSIO_KfdjzLLGc1m1wQbJxzw4puly5sJRUH8owLmR4YlqnpQgJEcaoo6_thqoXtnElE_AGsTzT9w0AnTz2TUTZ99d7XKK6BruiAX8i2ET0MQjV54kaRtWwmQv0QVpqSIqfE",
    "p": "92sAdus7JJ6s8AoupdbNES1Sr9KYKWeAUKOwT3w9g2QQNU5mnb704Ieux7ceWCNBgpN9Vxb1BKvCLRl41jSRmw",
    "q": "1BLCVhOyLig73_kKMN_BoUCuWOh4Hy9tQEiMpIQHbc1zoWb9v3i4-30M_H6JhEIJ_syVGV8UyqWAf0VNmxJ9yQ",
    "dp": "PNtc6eNCUOeWshRPFQuYtTjotcafFtAWh787htGQb9kVA4edRf_KS9AT9ZvdIuDJJE0S73D-I3_76wvw5P9ZMQ",
    "dq": "X2Hgjh5lsWTfKSk1cC3zRLd2sv47qKsIFDWNLCFFxhj1vM45qnh9mn7v7FBtQVMCc9tH5BVjoJE3bgaZlPmIIQ",
    "qi": "ctEFuJLGlTpmpvE7YsMEAfcMydsS-fZubJtfUrHyBcCFNGbLItLsYWPPzBISxq1MO9u6UHa1Xr5p7PtOmyZpMQ"
}"#;

#[test]
fn an_rsa_key_under_2048_bits_is_refused() {
    let error = ClientKey::from_jwk(SHORT_RSA).unwrap_err();
    assert_eq!(error.setting(), "client_key");
    assert!(error.to_string().contains("2048"), "{error}");
}
