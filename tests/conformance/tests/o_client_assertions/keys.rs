//! O6, O9, O10: the header of an assertion, and what it is signed with.

use portcullis::{Algorithm, AssertionType, ClientAuthentication, ClientKey};
use portcullis_conformance::{World, protected};
use portcullis_testing::{AuthenticationMethod, Client, SigningAlgorithm, SigningKey};

use crate::support::{ID, Keyed, asked, header};

#[tokio::test]
async fn o6_the_type_is_client_authentication_and_jwt_is_a_switch() {
    let keyed = Keyed::start().await;
    let today = header(&keyed.asked(keyed.authentication()).await);
    assert_eq!(today["typ"], "client-authentication+jwt");
    let client = keyed.authentication().assertion_type(AssertionType::Jwt);
    assert_eq!(header(&keyed.asked(client).await)["typ"], "JWT");
}

#[tokio::test]
async fn o9_a_secret_signs_by_hs256_and_has_32_bytes() {
    let world = World::start().await;
    let secret = "0123456789abcdef0123456789abcdef";
    let client = Client::new(ID, secret);
    let client = client.authentication_methods([AuthenticationMethod::ClientSecretJwt]);
    world.server.add_client(client);
    let client = ClientAuthentication::client_secret_jwt(ID, secret).unwrap();
    let issuer = world.realm().client_authentication(client).build().unwrap();
    let request = asked(&world, &protected(issuer.introspection())).await;
    assert_eq!(header(&request)["alg"], "HS256");
    let form = request.form();
    assert!(form.iter().all(|(_, value)| !value.contains(secret)));

    let error =
        ClientAuthentication::client_secret_jwt(ID, secret.trim_start_matches("0")).unwrap_err();
    assert_eq!(error.setting(), "client_secret");
}

const ALGORITHMS: [(SigningAlgorithm, Algorithm); 10] = [
    (SigningAlgorithm::RS256, Algorithm::Rs256),
    (SigningAlgorithm::RS384, Algorithm::Rs384),
    (SigningAlgorithm::RS512, Algorithm::Rs512),
    (SigningAlgorithm::PS256, Algorithm::Ps256),
    (SigningAlgorithm::PS384, Algorithm::Ps384),
    (SigningAlgorithm::PS512, Algorithm::Ps512),
    (SigningAlgorithm::ES256, Algorithm::Es256),
    (SigningAlgorithm::ES384, Algorithm::Es384),
    (SigningAlgorithm::ES512, Algorithm::Es512),
    (SigningAlgorithm::EdDSA, Algorithm::EdDsa),
];

#[tokio::test]
async fn o10_key_and_algorithm_are_the_configured_ones_by_their_names() {
    for (signing, algorithm) in ALGORITHMS {
        let keyed = Keyed::with(SigningKey::generate(signing)).await;
        let pem = ClientKey::from_pem(keyed.key.private_key_pem()).unwrap();
        for key in [keyed.client_key(), pem.key_id(keyed.key.key_id())] {
            let key = key.algorithm(algorithm).unwrap();
            let client = ClientAuthentication::private_key_jwt(ID, key).unwrap();
            let header = header(&keyed.asked(client).await);
            assert_eq!(header["alg"], algorithm.name());
            assert_eq!(header["kid"], keyed.key.key_id());
        }
    }
}

#[tokio::test]
async fn o10_unless_configured_the_algorithm_is_one_that_the_server_publishes() {
    let keyed = Keyed::with(SigningKey::generate(SigningAlgorithm::PS384)).await;
    let own = keyed.key.key_id();
    let pem = || {
        ClientKey::from_pem(keyed.key.private_key_pem())
            .unwrap()
            .key_id(own)
    };
    keyed.world.server.patch_discovery(&serde_json::json!({
        "introspection_endpoint_auth_signing_alg_values_supported": ["ES256", "PS384"],
    }));
    let client = ClientAuthentication::private_key_jwt(ID, pem()).unwrap();
    assert_eq!(header(&keyed.asked(client).await)["alg"], "PS384");
}

#[test]
fn o10_an_algorithm_that_is_none_or_does_not_fit_fails_the_build() {
    let key = SigningKey::generate(SigningAlgorithm::ES256);
    for alg in ["none", "HS256", "RS256", "ES384", "ES256K"] {
        let mut jwk = key.private_jwk();
        jwk["alg"] = alg.into();
        assert!(ClientKey::from_jwk(jwk.to_string()).is_err(), "{alg}");
    }
    let pem = ClientKey::from_pem(key.private_key_pem()).unwrap();
    let error = pem.algorithm(Algorithm::Es384).unwrap_err();
    assert!(error.to_string().contains("ES256"), "{error}");
}
