//! Who we are at the introspection endpoint.

use http::{StatusCode, header};
use portcullis::{BasicEncoding, ClientAuthentication, ClientKey};
use portcullis_conformance::{AUDIENCE, World, from_base64url, get, parts, protected};
use portcullis_testing::{Client, Endpoint, SigningAlgorithm, SigningKey};
use serde_json::Value;

use crate::support::assert_ok;

/// A secret as Keycloak makes them, which changes when it is form-encoded.
const SECRET: &str = "p+a/s%2Bs w=rd";

#[tokio::test]
async fn y31_openid_client_236_a_secret_with_a_plus_is_form_encoded_unless_told_otherwise() {
    let world = World::start().await;
    let basic = |encoding| {
        let client = ClientAuthentication::client_secret_basic("orders-rs", SECRET);
        let issuer = world.realm();
        let issuer = issuer.client_authentication(client.unwrap().basic_encoding(encoding));
        protected(issuer.build().unwrap().introspection())
    };
    let known = || Client::new("orders-rs", SECRET);
    for (client, encoding) in [
        (known(), BasicEncoding::FormEncoded),
        (known().raw_basic_credentials(), BasicEncoding::Raw),
    ] {
        world.server.add_client(client);
        let token = world.server.token().opaque();
        assert_ok(&get(&basic(encoding), &token).await);
    }
    // The wrong one of the two is our mistake, not the token's.
    let router = basic(BasicEncoding::FormEncoded);
    let reply = get(&router, &world.server.token().opaque()).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn y32_spring_security_6_5_credentials_are_given_plain_even_if_they_look_encoded() {
    let world = World::start().await;
    for secret in ["a%2Bb", "a+b", "%25", "a%20b"] {
        world.server.add_client(Client::new("a%3Ab", secret));
        let issuer = world.realm().client_secret("a%3Ab", secret);
        let router = protected(issuer.build().unwrap().introspection());
        assert_ok(&get(&router, &world.server.token().opaque()).await);
        let issuer = world.realm().client_secret_post("a%3Ab", secret);
        let router = protected(issuer.build().unwrap().introspection());
        assert_ok(&get(&router, &world.server.token().opaque()).await);
    }
}

#[tokio::test]
async fn y33_apisix_13085_the_secret_is_in_the_header_or_in_the_body_and_never_in_both() {
    let world = World::start().await;
    world.server.add_client(Client::new("orders-rs", SECRET));
    for (client, is_basic) in [
        (
            ClientAuthentication::client_secret_basic("orders-rs", SECRET),
            true,
        ),
        (
            ClientAuthentication::client_secret_post("orders-rs", SECRET),
            false,
        ),
    ] {
        world.server.clear_requests();
        let issuer = world.realm().client_authentication(client.unwrap());
        let router = protected(issuer.build().unwrap().introspection());
        assert_ok(&get(&router, &world.server.token().opaque()).await);
        let requests = world.server.requests(Endpoint::Introspection);
        let in_header = requests[0].headers.contains_key(header::AUTHORIZATION);
        let in_body = requests[0].form_value("client_secret").is_some();
        assert_eq!((in_header, in_body), (is_basic, !is_basic));
    }
}

/// A server that wants its issuer there, alone and as a string, understands both methods.
#[tokio::test]
async fn y34_keycloak_30599_the_audience_of_an_assertion_is_the_issuer() {
    let world = World::start().await;
    let key = SigningKey::generate(SigningAlgorithm::ES256);
    let secret = "a-secret-of-more-than-thirty-two-bytes";
    for (client, authentication) in [
        (
            Client::with_public_key("orders-rs", &key),
            ClientAuthentication::private_key_jwt(
                "orders-rs",
                ClientKey::from_jwk(key.private_jwk().to_string()).unwrap(),
            ),
        ),
        (
            Client::new("orders-rs", secret),
            ClientAuthentication::client_secret_jwt("orders-rs", secret),
        ),
    ] {
        world.server.clear_requests();
        world.server.add_client(client);
        let issuer = world.realm();
        let issuer = issuer.client_authentication(authentication.unwrap());
        let router = protected(issuer.build().unwrap().introspection());
        assert_ok(&get(&router, &world.server.token().opaque()).await);
        let request = &world.server.requests(Endpoint::Introspection)[0];
        let assertion = request.form_value("client_assertion").unwrap();
        let [_, payload, _] = parts(&assertion);
        let claims: Value = serde_json::from_slice(&from_base64url(payload)).unwrap();
        assert_eq!(claims["aud"], world.server.issuer());
    }
}

#[tokio::test]
async fn y35_quarkus_26796_the_credentials_are_those_of_introspection_alone() {
    let world = World::start().await;
    world.server.add_client(Client::new("introspector", SECRET));
    let client = ClientAuthentication::client_secret_basic("introspector", SECRET);
    let issuer = world.realm().client_authentication(client.unwrap());
    let router = protected(issuer.build().unwrap().hybrid());
    assert_ne!(AUDIENCE, "introspector");
    assert_ok(&get(&router, &world.server.token().jwt()).await);
    assert_ok(&get(&router, &world.server.token().opaque()).await);
    let asked = |endpoint| world.server.requests(endpoint);
    for endpoint in [Endpoint::Discovery, Endpoint::Jwks] {
        for request in asked(endpoint) {
            let credentials = request.headers.get(header::AUTHORIZATION);
            assert_eq!(credentials, None, "{endpoint:?}");
        }
    }
    let introspection = &asked(Endpoint::Introspection)[0];
    let credentials = introspection.header("authorization").unwrap();
    assert!(
        credentials.starts_with("Basic aW50cm9zcGVjdG9y"),
        "{credentials}"
    );
}
