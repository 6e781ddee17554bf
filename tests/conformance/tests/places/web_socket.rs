use portcullis::{AuthorizationHeader, TokenExtractor, WebSocketProtocol};
use portcullis_conformance::{World, send};

use crate::{request, service};

fn places() -> impl TokenExtractor {
    AuthorizationHeader::default().or(WebSocketProtocol::with_prefix("bearer."))
}

#[tokio::test]
async fn w10_a_subprotocol_may_carry_the_token_and_is_taken_off() {
    let world = World::start().await;
    let router = service(&world, places(), false).await;
    let token = world.server.token().jwt();
    let name = "sec-websocket-protocol";
    for (lines, left) in [
        (vec![format!("chat, bearer.{token}")], Some("chat")),
        (
            vec![format!("bearer.{token},chat,  superchat")],
            Some("chat, superchat"),
        ),
        (
            vec!["chat".to_owned(), format!("bearer.{token}")],
            Some("chat"),
        ),
        (vec![format!("bearer.{token}")], None),
    ] {
        let lines: Vec<_> = lines.iter().map(|line| (name, &**line)).collect();
        let reply = send(&router, request("/", &lines)).await;
        assert_eq!(reply.status, 200, "{lines:?}");
        let seen = String::from_utf8(reply.body.to_vec()).unwrap();
        assert!(!seen.contains(&token), "{seen}");
        match left {
            Some(left) => assert!(seen.contains(&format!("\"{left}\"")), "{seen}"),
            None => assert!(!seen.contains(name), "{seen}"),
        }
    }
}

#[tokio::test]
async fn w10_a_subprotocol_that_is_no_text_hides_no_token() {
    let world = World::start().await;
    let router = service(&world, places(), false).await;
    let token = world.server.token().jwt();
    let line = format!("\u{e9}, bearer.{token}");
    let reply = send(&router, request("/", &[("sec-websocket-protocol", &line)])).await;
    assert_eq!(reply.status, 200);
    let seen = String::from_utf8(reply.body.to_vec()).unwrap();
    assert!(!seen.contains(&token), "{seen}");
}

#[tokio::test]
async fn w10_two_tokens_and_an_empty_one_are_malformed() {
    let world = World::start().await;
    let router = service(&world, places(), false).await;
    let token = world.server.token().jwt();
    let twice = format!("bearer.{token}, bearer.{token}");
    let bearer = format!("Bearer {token}");
    let one = format!("bearer.{token}");
    for headers in [
        vec![("sec-websocket-protocol", &*twice)],
        vec![("sec-websocket-protocol", "chat, bearer.")],
        vec![
            ("sec-websocket-protocol", &*one),
            ("authorization", &*bearer),
        ],
    ] {
        assert_eq!(send(&router, request("/", &headers)).await.status, 400);
    }
    let none = request("/", &[("sec-websocket-protocol", "chat, Bearer.x")]);
    let reply = send(&router, none).await;
    assert_eq!((reply.status.as_u16(), reply.error()), (401, None));
}
