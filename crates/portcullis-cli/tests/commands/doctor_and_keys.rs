//! Keys that are published.

use portcullis_testing::{AuthorizationServer, SigningAlgorithm, SigningKey};
use serde_json::json;

use crate::support::Doctor;

#[tokio::test]
async fn each_key_is_told_with_what_it_is_good_for() {
    let server = AuthorizationServer::start().await.unwrap();
    let mut weak = SigningKey::generate(SigningAlgorithm::ES256).jwk();
    weak["kid"] = json!("weak");
    weak["x"] = json!("AA");
    server.add_jwk(weak);
    let examined = Doctor::at(&server).examine().await;
    examined.assert_nothing_wrong();
    let keys: Vec<_> = examined.checks("key").collect();
    let skipped: Vec<_> = keys.iter().filter(|key| key["mark"] == "notable").collect();
    assert_eq!(skipped.len(), 1, "{keys:#?}");
    assert!(
        skipped[0]["what"]
            .as_str()
            .unwrap()
            .starts_with("weak: skipped"),
        "{keys:#?}"
    );
    let says = |text: &str| {
        keys.iter()
            .any(|key| key["what"].as_str().unwrap().contains(text))
    };
    assert!(
        says("RS256") && says("skipped, as it should be"),
        "{keys:#?}"
    );
}

#[tokio::test]
async fn a_published_private_key_is_wrong() {
    let server = AuthorizationServer::start().await.unwrap();
    server.add_jwk(SigningKey::generate(SigningAlgorithm::ES256).private_jwk());
    let examined = Doctor::at(&server).examine().await;
    examined.assert_exit_code(1);
    let wrong = examined
        .checks("key")
        .find(|key| key["mark"] == "wrong")
        .unwrap();
    assert_eq!(wrong["cause"], "private_key_published");
}
