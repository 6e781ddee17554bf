use envoy_types::pb::envoy::service::auth::v3::{
    CheckRequest,
    attribute_context::{HttpRequest, Peer},
    authorization_client::AuthorizationClient,
};
use tonic::Code;

use crate::world::{LOCAL, World, about, question, to_host};

const RULES: &str = "[[rules]]\npath = \"/**\"\npublic = true\n[[rules]]\npath = \"/orders\"\n";

#[tokio::test]
async fn a_question_about_nothing_is_denied() {
    let world = World::start(LOCAL, RULES).await;
    world.check(CheckRequest::default()).await.denied(403);
    world
        .check(about(HttpRequest::default(), Peer::default()))
        .await
        .denied(403);
    world.ask("GET ", &[]).await.denied(403);
    world.ask(" /", &[]).await.denied(403);
    world.ask("GET /", &[]).await.allowed();
}

#[tokio::test]
async fn headers_that_envoy_has_joined_are_read_too() {
    let world = World::start(LOCAL, RULES).await;
    let joined = |authorization: String| {
        let http = HttpRequest {
            method: "GET".to_owned(),
            path: "/orders".to_owned(),
            headers: [
                (":path".to_owned(), "/".to_owned()),
                ("authorization".to_owned(), authorization),
            ]
            .into(),
            ..HttpRequest::default()
        };
        about(http, Peer::default())
    };
    let token = world.token().jwt();
    world
        .check(joined(format!("Bearer {token}")))
        .await
        .allowed();
    let two = joined(format!("Bearer {token},Bearer {token}"));
    world.check(two).await.denied(400);
}

#[tokio::test]
async fn only_its_own_hosts_are_let_in() {
    let listen = format!("{LOCAL}\nhosts = [\"api.example\"]");
    let world = World::start(&listen, RULES).await;
    world.ask("GET /", &[]).await.allowed();
    for host in ["", "shop.example", "api.example:8080"] {
        let elsewhere = to_host(question("GET /", &[]), host);
        world.check(elsewhere).await.denied(403);
    }
}

#[tokio::test]
async fn a_question_that_is_too_long_is_no_permission() {
    let world = World::start(LOCAL, RULES).await;
    let long = "y".repeat(300 * 1024);
    let long = question("GET /", &[("x-long", &long)]);
    let mut client = AuthorizationClient::new(world.channel().await);
    let refused = client.check(long).await.unwrap_err();
    assert_eq!(refused.code(), Code::OutOfRange);
    let short = question("GET /", &[("x-long", &"y".repeat(60 * 1024))]);
    world.check(short).await.allowed();
}
