//! What is said of private keys that cannot be used.

use portcullis::{
    Algorithm, ClientAuthentication, ClientCertificate, ClientKey, Issuer, ReqwestClient,
};
use portcullis_testing::{SigningAlgorithm, SigningKey};
use serde_json::{Value, json};

use super::{refused_settings::assert_silent, secrets::Secrets};

/// Private keys that cannot be used, each spoilt in its own way.
fn spoilt_jwks(key: &SigningKey) -> Vec<String> {
    let jwk = key.private_jwk();
    let number = jwk.get("d").unwrap().as_str().unwrap().to_owned();
    let but = |name: &str, value: Value| {
        let mut jwk = jwk.clone();
        let members = jwk.as_object_mut().unwrap();
        members.insert(name.to_owned(), value);
        jwk.to_string()
    };
    let text = jwk.to_string();
    vec![
        but("kty", json!(number)),
        but("crv", json!(number)).replace("\"RSA\"", "\"EC\""),
        but("alg", json!(number)),
        but("alg", json!("HS256")),
        but("use", json!("enc")),
        but("use", json!(number)),
        but("key_ops", json!(number)),
        but("key_ops", json!([number])),
        but("d", json!([number])),
        but("d", json!(format!("{number}="))),
        but("d", json!(number.split_at(1).1)),
        but("x", json!({"d": number})),
        but("n", json!(1)),
        json!(number).to_string(),
        json!([jwk]).to_string(),
        json!({"keys": [jwk]}).to_string(),
        text.replacen('{', &format!("{{{text:?}:1,\"d\":{number:?},"), 1),
        text.trim_end_matches('}').to_owned(),
        format!("{text}{text}"),
        key.private_key_pem(),
    ]
}

#[test]
fn w14_a_refused_jwk_shows_in_no_error() {
    for algorithm in [
        SigningAlgorithm::RS256,
        SigningAlgorithm::ES256,
        SigningAlgorithm::EdDSA,
    ] {
        let key = SigningKey::generate(algorithm);
        let mut secrets = Secrets::default();
        secrets.signing_key(&key);
        let number = key.private_jwk()["d"].as_str().unwrap().to_owned();
        secrets.add(number.split_at(1).1);
        for jwk in spoilt_jwks(&key) {
            let read = ClientKey::from_jwk(&jwk);
            // Members of another kind of key are passed over.
            let printed = format!("{read:?}");
            secrets.assert_absent_from(&printed);
            if let Err(error) = read {
                assert_silent(&secrets, [Some(error)]);
            }
            let keys = Issuer::builder("https://id.example.com").unwrap();
            let keys = keys.audience("orders-api").keys(&jwk);
            secrets.assert_absent_from(&format!("{keys:?} {:?}", keys.clone().build()));
        }
        let jwk = ClientKey::from_jwk(key.private_jwk().to_string()).unwrap();
        let other = if algorithm == SigningAlgorithm::ES256 {
            Algorithm::Rs256
        } else {
            Algorithm::Es256
        };
        assert_silent(
            &secrets,
            [
                jwk.clone().algorithm(other).err(),
                ClientAuthentication::private_key_jwt("", jwk).err(),
                ClientKey::from_jwk(&number).err(),
                ClientKey::from_jwk(key.private_jwk().to_string().split_at(1).1).err(),
            ],
        );
    }
}

#[test]
fn w14_a_refused_pem_shows_in_no_error() {
    for algorithm in [SigningAlgorithm::RS256, SigningAlgorithm::ES256] {
        let key = SigningKey::generate(algorithm);
        let pem = key.private_key_pem();
        let mut secrets = Secrets::default();
        secrets.signing_key(&key);
        let (first, second) = pem.split_at(pem.len() / 2);
        let spoilt = [
            format!("{pem}{pem}"),
            first.to_owned(),
            second.to_owned(),
            pem.replacen("PRIVATE", "ENCRYPTED PRIVATE", 2),
            pem.replacen("PRIVATE", "PUBLIC", 2),
            pem.replacen(" PRIVATE", " RSA PRIVATE", 2),
            pem.replacen(" PRIVATE", " EC PRIVATE", 2),
            pem.replace("-----END", "----END"),
            pem.replace('M', "!"),
            pem.replace("-----", ""),
            key.private_jwk().to_string(),
        ];
        let mut refused = 0;
        for pem in &spoilt {
            // Some are read all the same: a label is not the key.
            let key = ClientKey::from_pem(pem);
            secrets.assert_absent_from(&format!("{key:?}"));
            refused += usize::from(key.is_err());
            assert_silent(&secrets, key.err().map(Some));
            assert_silent(&secrets, [ClientCertificate::from_pem(pem).err()]);
        }
        assert!(refused >= spoilt.len() - 2, "{refused}");
        let no_certificate = ClientCertificate::from_pem(&pem).err();
        let roots = ReqwestClient::builder()
            .root_certificate(&pem)
            .build()
            .err();
        assert_silent(&secrets, [no_certificate, roots]);
    }
}
