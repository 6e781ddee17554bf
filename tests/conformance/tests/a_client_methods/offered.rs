//! A12: the method for a secret.

use http::StatusCode;
use portcullis::{IssuerBuilder, WithCredentials};
use portcullis_conformance::{CLIENT_ID, CapturedLog, World, get, protected};
use portcullis_testing::{AuthenticationMethod, Client, Endpoint, RecordedRequest};
use serde_json::json;
use tracing::Level;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

async fn world() -> World {
    let world = World::start().await;
    world.server.add_client(Client::new(CLIENT_ID, SECRET));
    world
}

async fn asked(world: &World, issuer: IssuerBuilder<WithCredentials>) -> RecordedRequest {
    world.server.clear_requests();
    let router = protected(issuer.build().unwrap().introspection());
    let reply = get(&router, &world.server.token().opaque()).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    let mut requests = world.server.requests(Endpoint::Introspection);
    assert_eq!(requests.len(), 1);
    requests.remove(0)
}

fn method(request: &RecordedRequest) -> AuthenticationMethod {
    if request.headers.contains_key("authorization") {
        AuthenticationMethod::ClientSecretBasic
    } else if request.form_value("client_secret").is_some() {
        AuthenticationMethod::ClientSecretPost
    } else {
        AuthenticationMethod::ClientSecretJwt
    }
}

#[tokio::test]
async fn a12_a_secret_goes_by_the_best_method_that_the_server_offers() {
    use AuthenticationMethod::{
        ClientSecretBasic, ClientSecretJwt, ClientSecretPost, PrivateKeyJwt,
    };
    let world = world().await;
    for (offered, expected) in [
        (&AuthenticationMethod::ALL[..], ClientSecretBasic),
        (
            &[PrivateKeyJwt, ClientSecretJwt, ClientSecretPost],
            ClientSecretPost,
        ),
        (&[PrivateKeyJwt, ClientSecretJwt], ClientSecretJwt),
    ] {
        world
            .server
            .set_authentication_methods(offered.iter().copied());
        let request = asked(&world, world.realm().client_secret(CLIENT_ID, SECRET)).await;
        assert_eq!(method(&request), expected, "{offered:?}");
    }
}

#[tokio::test]
async fn a12_what_is_said_of_the_token_endpoint_stands_in_and_silence_is_basic() {
    let world = world().await;
    let issuer = || world.realm().client_secret(CLIENT_ID, SECRET);
    world.server.patch_discovery(&json!({
        "introspection_endpoint_auth_methods_supported": null,
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
    }));
    let request = asked(&world, issuer()).await;
    assert_eq!(method(&request), AuthenticationMethod::ClientSecretPost);
    world.server.patch_discovery(&json!({
        "introspection_endpoint_auth_methods_supported": null,
        "token_endpoint_auth_methods_supported": null,
    }));
    let request = asked(&world, issuer()).await;
    assert_eq!(method(&request), AuthenticationMethod::ClientSecretBasic);
}

#[tokio::test]
async fn a12_an_explicit_method_is_never_overruled() {
    let world = world().await;
    let only = |method: &str| {
        let patch = json!({"introspection_endpoint_auth_methods_supported": [method]});
        world.server.patch_discovery(&patch);
    };
    only("client_secret_basic");
    let post = world.realm().client_secret_post(CLIENT_ID, SECRET);
    let request = asked(&world, post).await;
    assert_eq!(method(&request), AuthenticationMethod::ClientSecretPost);
    only("client_secret_post");
    let basic = portcullis::ClientAuthentication::client_secret_basic(CLIENT_ID, SECRET);
    let basic = world.realm().client_authentication(basic.unwrap());
    let request = asked(&world, basic).await;
    assert_eq!(method(&request), AuthenticationMethod::ClientSecretBasic);
}

#[tokio::test]
async fn a12_for_an_endpoint_that_is_named_nothing_is_fetched() {
    let world = world().await;
    let offer = json!({"introspection_endpoint_auth_methods_supported": ["client_secret_post"]});
    world.server.patch_discovery(&offer);
    let endpoint = world.server.url(Endpoint::Introspection);
    let issuer = world.realm().introspection_endpoint(endpoint);
    let request = asked(&world, issuer.client_secret(CLIENT_ID, SECRET)).await;
    assert_eq!(method(&request), AuthenticationMethod::ClientSecretBasic);
    assert_eq!(world.server.request_count(Endpoint::Discovery), 0);
}

#[tokio::test]
async fn a12_for_an_endpoint_that_is_named_metadata_decides_nothing_whoever_has_it_fetched() {
    let world = world().await;
    let offer = json!({"introspection_endpoint_auth_methods_supported": ["private_key_jwt"]});
    world.server.patch_discovery(&offer);
    let endpoint = world.server.url(Endpoint::Introspection);
    let issuer = world.realm().introspection_endpoint(endpoint);
    let issuer = issuer.client_secret(CLIENT_ID, SECRET).build().unwrap();
    let router = protected(issuer.hybrid());
    // A stranger's token with a key id of its own choice has keys and metadata fetched.
    let forged = world.server.token().header("kid", "made-up").jwt();
    assert_ne!(get(&router, &forged).await.status, StatusCode::OK);
    assert_eq!(world.server.request_count(Endpoint::Discovery), 1);
    let reply = get(&router, &world.server.token().opaque()).await;
    assert_eq!(reply.status, StatusCode::OK);
    let requests = world.server.requests(Endpoint::Introspection);
    let expected = AuthenticationMethod::ClientSecretBasic;
    assert_eq!(method(&requests[0]), expected);
}

#[tokio::test]
async fn a12_when_nothing_fits_it_is_our_mistake_and_the_log_names_what_is_offered() {
    let world = world().await;
    let logs = CapturedLog::start();
    let offer = json!({"introspection_endpoint_auth_methods_supported": ["private_key_jwt"]});
    world.server.patch_discovery(&offer);
    let issuer = world.realm().client_secret(CLIENT_ID, SECRET);
    let router = protected(issuer.build().unwrap().introspection());
    let reply = get(&router, &world.server.token().opaque()).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(reply.challenge().is_none());
    assert_eq!(world.server.request_count(Endpoint::Introspection), 0);
    let lines = logs.matching(Level::ERROR, "private_key_jwt");
    assert_eq!(lines.len(), 1, "{:?}", logs.lines());
}

#[tokio::test]
async fn a12_names_of_methods_without_end_do_not_fill_the_log() {
    let world = world().await;
    let logs = CapturedLog::start();
    let name = format!("x_method{}", "_".repeat(10_000));
    let offer = json!({"introspection_endpoint_auth_methods_supported": vec![name; 20]});
    world.server.patch_discovery(&offer);
    let issuer = world.realm().client_secret(CLIENT_ID, SECRET);
    let router = protected(issuer.build().unwrap().introspection());
    get(&router, &world.server.token().opaque()).await;
    let lines = logs.matching(Level::ERROR, "x_method");
    assert_eq!(lines.len(), 1, "{:?}", logs.lines());
    assert!(lines[0].text.len() < 5_000, "{}", lines[0].text.len());
}
