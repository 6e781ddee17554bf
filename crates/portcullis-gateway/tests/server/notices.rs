use portcullis_testing::Endpoint;
use tokio::net::TcpStream;

use crate::world::{World, assert_status, exchange};

const TABLES: &str = r#"
logout_audiences = ["test-app"]
[notices]
listen = "127.0.0.1:0"
[[rules]]
path = "/**"
"#;

#[tokio::test]
async fn a_session_that_ends_is_refused_at_once_and_nobody_is_asked() {
    let world = World::start("listen = \"127.0.0.1:0\"", TABLES).await;
    let session = world.server.login("alice");
    let token = session.token().jwt();
    let question = World::question(&format!("Authorization: Bearer {token}\r\n"));
    // A token that is younger than the server is asked about once.
    assert_status(&world.send(&question).await, 200);
    let calls = world.server.request_count(Endpoint::Introspection);

    let notice = session.logout_token().audience("test-app").jwt();
    let form = format!("logout_token={notice}");
    let post = format!(
        "POST /backchannel-logout HTTP/1.1\r\nHost: n\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let stream = TcpStream::connect(world.notices.unwrap()).await.unwrap();
    assert_status(&exchange(stream, &post).await, 200);

    let reply = world.send(&question).await;
    assert_status(&reply, 401);
    assert!(reply.contains("x-auth-subject: \r\n"), "{reply}");
    assert_eq!(world.server.request_count(Endpoint::Introspection), calls);
    // Where gateways ask it is a question like any other.
    assert_status(&world.send(&post).await, 403);
}
