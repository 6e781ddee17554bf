use axum::{Router, http::HeaderMap, routing::get};
use portcullis::{AuthenticateLayer, AuthorizationHeader, TokenCookie, TokenExtractor};
use portcullis_conformance::{World, send};

use crate::{request, service};

const NAME: &str = "__Host-token";

fn places() -> impl TokenExtractor {
    AuthorizationHeader::default().or(TokenCookie::named(NAME))
}

#[tokio::test]
async fn b17_a_cookie_may_carry_the_token() {
    let world = World::start().await;
    let router = service(&world, places(), false).await;
    let token = world.server.token().jwt();
    for cookie in [
        format!("{NAME}={token}"),
        format!("a=b; {NAME}={token}; c=d"),
        format!("a=b;{NAME}=\"{token}\""),
    ] {
        let reply = send(&router, request("/", &[("cookie", &cookie)])).await;
        assert_eq!(reply.status, 200, "{cookie}");
        // HTTP/2 may send one line for each.
        let lines = [("cookie", "x=y"), ("cookie", &*cookie)];
        assert_eq!(send(&router, request("/", &lines)).await.status, 200);
    }
    for other in [
        "a=b",
        "token=x",
        "__host-token=x",
        "__Host-token2=x",
        "",
        "=",
        ";;",
    ] {
        let reply = send(&router, request("/", &[("cookie", other)])).await;
        assert_eq!(
            (reply.status.as_u16(), reply.error()),
            (401, None),
            "{other}"
        );
    }
}

#[tokio::test]
async fn b17_two_tokens_are_none() {
    let world = World::start().await;
    let router = service(&world, places(), false).await;
    let token = world.server.token().jwt();
    let (cookie, bearer) = (format!("{NAME}={token}"), format!("Bearer {token}"));
    let twice = format!("{cookie}; {cookie}");
    for headers in [
        vec![("cookie", &*cookie), ("authorization", &*bearer)],
        vec![("cookie", &*cookie), ("cookie", &*cookie)],
        vec![("cookie", &*twice)],
    ] {
        let reply = send(&router, request("/", &headers)).await;
        assert_eq!(reply.status, 400, "{headers:?}");
    }
    let empty = format!("{NAME}=");
    let reply = send(&router, request("/", &[("cookie", &empty)])).await;
    assert_eq!(reply.status, 400);
}

#[tokio::test]
async fn b19_an_answer_to_a_token_in_a_cookie_is_private() {
    let world = World::start().await;
    let router = service(&world, places(), false).await;
    let token = world.server.token().jwt();
    let cookie = format!("{NAME}={token}");
    let reply = send(&router, request("/", &[("cookie", &cookie)])).await;
    assert_eq!(reply.headers["cache-control"], "private");
}

#[tokio::test]
async fn b17_a_cookie_beside_it_may_be_no_text() {
    let world = World::start().await;
    let token = world.server.token().jwt();
    let cookie = format!("a=\u{e9}; {NAME}={token}");
    for strip in [false, true] {
        let router = service(&world, places(), strip).await;
        let reply = send(&router, request("/", &[("cookie", &cookie)])).await;
        assert_eq!(reply.status, 200);
        let seen = String::from_utf8(reply.body.to_vec()).unwrap();
        assert!(!seen.contains(&token), "{seen}");
    }
    let router = service(&world, places(), false).await;
    let twice = [("cookie", &*cookie), ("cookie", &*cookie)];
    assert_eq!(send(&router, request("/", &twice)).await.status, 400);
    let bad = format!("{NAME}=\u{e9}");
    let reply = send(&router, request("/", &[("cookie", &bad)])).await;
    reply.assert_invalid_token();
}

/// What a handler finds that reads the line itself.
#[tokio::test]
async fn b17_a_stripped_cookie_is_gone_from_a_line_that_is_no_text() {
    let world = World::start().await;
    let issuer = world.realm().connect().await.unwrap();
    let raw = |headers: HeaderMap| async move {
        let lines = headers.get_all("cookie").iter();
        lines
            .flat_map(|line| line.as_bytes().to_vec())
            .collect::<Vec<u8>>()
    };
    let layer = AuthenticateLayer::new(issuer.jwt()).extractor(places());
    let router = Router::new()
        .route("/", get(raw))
        .layer(layer.strip_token());
    let token = world.server.token().jwt();
    let cookie = format!("a=\u{e9}; {NAME}={token}; b=c");
    let reply = send(&router, request("/", &[("cookie", &cookie)])).await;
    assert_eq!(&*reply.body, "a=\u{e9}; b=c".as_bytes());
}

#[tokio::test]
async fn w14_a_cookie_is_shown_to_nobody() {
    let world = World::start().await;
    let token = world.server.token().jwt();
    let cookie = format!("a=b; {NAME}={token}; c=d");
    for strip in [false, true] {
        let router = service(&world, places(), strip).await;
        let reply = send(&router, request("/", &[("cookie", &cookie)])).await;
        let seen = String::from_utf8(reply.body.to_vec()).unwrap();
        assert!(!seen.contains(&token), "{seen}");
        assert!(seen.contains("cookie"), "{seen}");
    }
    let router = service(&world, places(), true).await;
    let alone = format!("{NAME}={token}");
    let reply = send(&router, request("/", &[("cookie", &alone)])).await;
    assert!(
        !String::from_utf8(reply.body.to_vec())
            .unwrap()
            .contains("cookie")
    );
}
