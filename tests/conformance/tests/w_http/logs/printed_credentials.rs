//! What types that hold a secret show of themselves.

use std::fmt::Debug;

use portcullis::{AuthenticateLayer, Authenticator, ClientKey};
use portcullis_testing::{SigningAlgorithm, SigningKey};

use super::{client_methods::Methods, scene::Scene, secrets::Secrets};

fn print(value: &impl Debug) -> String {
    format!("{value:?} {value:#?}")
}

#[tokio::test]
async fn w14_no_method_of_client_authentication_is_printed_with_its_secret() {
    let mut scene = Scene::set().await;
    let methods = Methods::of(&mut scene);
    for (name, client) in &methods.clients {
        let builder = scene.asking_by(client);
        let issuer = builder.clone().build().unwrap();
        for printed in [
            print(client),
            print(&builder),
            print(&builder.clone().phantom_token()),
            print(&issuer),
            print(&issuer.jwt()),
            print(&issuer.hybrid()),
            print(&issuer.introspection()),
            print(&AuthenticateLayer::new(issuer.hybrid())),
            print(&Authenticator::new(issuer.introspection())),
            print(&issuer.readiness()),
            print(&builder.danger_any_audience().build()),
        ] {
            assert!(!printed.is_empty(), "{name}");
            scene.secrets.assert_absent_from(&printed);
        }
    }
}

#[test]
fn w14_a_key_shows_its_name_and_nothing_else() {
    for algorithm in [
        SigningAlgorithm::RS256,
        SigningAlgorithm::ES256,
        SigningAlgorithm::ES512,
        SigningAlgorithm::EdDSA,
    ] {
        let key = SigningKey::generate(algorithm);
        let mut secrets = Secrets::default();
        secrets.signing_key(&key);
        let jwk = ClientKey::from_jwk(key.private_jwk().to_string()).unwrap();
        let pem = ClientKey::from_pem(key.private_key_pem()).unwrap();
        assert!(print(&jwk).contains(key.key_id()));
        for printed in [print(&jwk), print(&pem), print(&pem.key_id("named"))] {
            secrets.assert_absent_from(&printed);
        }
    }
}

#[test]
fn w14_the_search_finds_a_key_in_every_form() {
    let key = SigningKey::generate(SigningAlgorithm::ES256);
    let pem = key.private_key_pem();
    let mut secrets = Secrets::default();
    secrets.signing_key(&key);
    let jwk = key.private_jwk();
    for leak in [
        pem.clone(),
        pem.lines().nth(1).unwrap().to_owned(),
        pem.lines().nth(2).unwrap().to_owned(),
        jwk.to_string(),
        format!("d is {}", jwk["d"]),
    ] {
        assert_ne!(secrets.found_in(&leak).count(), 0, "{leak}");
    }
    assert_eq!(secrets.found_in(&jwk["x"].to_string()).count(), 0);
}
