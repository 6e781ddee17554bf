use bytes::Bytes;
use http::{HeaderMap, Request};
use portcullis_testing::{Client, Endpoint, Fault};
use tokio::net::TcpStream;

use crate::world::World;

const RULES: &str = r#"
[upstreams.legacy]
authorization = "phantom"
hosts = ["api.example"]
[[rules]]
path = "/shop.Orders/List"
scopes = ["orders:read"]
[[rules]]
path = "/shop.Orders/Pay"
live = true
[[rules]]
path = "/shop.Legacy/List"
upstream = "legacy"
"#;

/// The headers that a call is answered with, which for a refusal are all there is.
async fn call(world: &World, method: &str, token: Option<&str>) -> HeaderMap {
    let stream = TcpStream::connect(("127.0.0.1", world.envoy.port()))
        .await
        .unwrap();
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let mut client = client.ready().await.unwrap();
    let mut request = Request::post(format!("http://api.example{method}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let (answer, mut body) = client
        .send_request(request.body(()).unwrap(), false)
        .unwrap();
    // An empty message.
    body.send_data(Bytes::from_static(&[0; 5]), true).unwrap();
    let answer = answer.await.unwrap();
    assert_eq!(answer.status(), 200, "{answer:?}");
    connection.abort();
    answer.headers().clone()
}

#[tokio::test]
async fn a_refused_call_gets_a_grpc_status_and_its_challenge() {
    let Some(world) = World::start(RULES).await else {
        return;
    };
    let token = world.token().jwt();
    for (method, token, status) in [
        ("/shop.Orders/List", None, "16"),
        ("/shop.Orders/List", Some("nonsense"), "16"),
        ("/shop.Orders/List", Some(&*token), "7"),
        ("/shop.Orders/Delete", Some(&*token), "7"),
        ("/shop.Orders/Pay", Some(&*token), "14"),
    ] {
        if method.ends_with("Pay") {
            for _ in 0..16 {
                world
                    .server
                    .inject(Endpoint::Introspection, Fault::status(503));
            }
        }
        let answer = call(&world, method, token).await;
        assert_eq!(answer["grpc-status"], status, "{method} {answer:?}");
        assert_eq!(answer["content-type"], "application/grpc", "{answer:?}");
        let message = answer["grpc-message"].to_str().unwrap();
        assert!(!message.is_empty() && !message.contains('{'), "{message}");
        assert_eq!(
            answer.contains_key("www-authenticate"),
            method.ends_with("List"),
            "{answer:?}"
        );
    }
    assert_eq!(world.upstream.requests(), 0);
}

#[tokio::test]
async fn a_mistake_of_ours_is_internal() {
    let Some(world) = World::start(RULES).await else {
        return;
    };
    world
        .server
        .add_client(Client::new("gateway", "gateway-secret"));
    let opaque = world.token().opaque();
    let answer = call(&world, "/shop.Legacy/List", Some(&opaque)).await;
    assert_eq!(answer["grpc-status"], "13", "{answer:?}");
    assert_eq!(world.upstream.requests(), 0);
}
