use axum::{Router, routing::get};
use portcullis::{AuthenticateLayer, AuthorizationHeader, QueryParameter, TokenExtractor};
use portcullis_conformance::{World, send};

use crate::{request, service};

fn both() -> impl TokenExtractor {
    AuthorizationHeader::default().or(QueryParameter::default())
}

#[tokio::test]
async fn b17_one_place_at_a_time() {
    let world = World::start().await;
    let router = service(&world, both(), false).await;
    let token = world.server.token().jwt();
    let (query, bearer) = (format!("/?access_token={token}"), format!("Bearer {token}"));
    assert_eq!(send(&router, request(&query, &[])).await.status, 200);
    let by_header = request("/", &[("authorization", &bearer)]);
    assert_eq!(send(&router, by_header).await.status, 200);
    let other = world.server.token().jwt();
    for (target, headers) in [
        (query.clone(), vec![("authorization", &*bearer)]),
        (
            format!("/?access_token={other}"),
            vec![("authorization", &*bearer)],
        ),
        (format!("{query}&access_token={token}"), vec![]),
        (format!("{query}&access_token="), vec![]),
        (format!("{query}&access%5Ftoken={token}"), vec![]),
    ] {
        let reply = send(&router, request(&target, &headers)).await;
        assert_eq!(reply.status, 400, "{target}");
        assert_eq!(reply.error().as_deref(), Some("invalid_request"));
    }
}

#[tokio::test]
async fn b17_another_scheme_in_the_header_is_no_second_token() {
    let world = World::start().await;
    let router = service(&world, both(), false).await;
    let query = format!("/?access_token={}", world.server.token().jwt());
    let basic = request(&query, &[("authorization", "Basic YTpi")]);
    assert_eq!(send(&router, basic).await.status, 200);
}

#[tokio::test]
async fn b19_an_answer_to_a_token_in_the_query_is_private() {
    let world = World::start().await;
    let issuer = world.realm().connect().await.unwrap();
    let token = world.server.token().jwt();
    for (own, expected) in [
        (None, "private"),
        (Some("public, max-age=60"), "max-age=60, private"),
        (Some("max-age=60"), "max-age=60, private"),
        (Some("s-maxage=60"), "private"),
        (Some("No-Cache, Public"), "No-Cache, private"),
        (
            Some("private=\"set-cookie\""),
            "private=\"set-cookie\", private",
        ),
        (Some("no-store"), "no-store"),
        (Some("Private, max-age=60"), "Private, max-age=60"),
    ] {
        let handler = move || async move {
            let headers = own.map(|own| ("cache-control", own));
            (axum::response::AppendHeaders(headers), "")
        };
        let router = Router::new()
            .route("/", get(handler))
            .layer(AuthenticateLayer::new(issuer.jwt()).extractor(both()));
        let reply = send(&router, request(&format!("/?access_token={token}"), &[])).await;
        assert_eq!(reply.headers["cache-control"], expected);
        let bearer = format!("Bearer {token}");
        let reply = send(&router, request("/", &[("authorization", &bearer)])).await;
        let untouched = reply
            .headers
            .get("cache-control")
            .map(|value| value.to_str().unwrap());
        assert_eq!(untouched, own);
    }
}

#[tokio::test]
async fn b20_an_empty_token_is_malformed() {
    let world = World::start().await;
    let router = service(&world, both(), false).await;
    for target in ["/?access_token=", "/?access_token", "/?a=b&access_token="] {
        let reply = send(&router, request(target, &[])).await;
        assert_eq!(reply.status, 400, "{target}");
        assert_eq!(reply.error().as_deref(), Some("invalid_request"));
    }
    for target in [
        "/",
        "/?Access_Token=x",
        "/?access_tokens=x",
        "/?x=access_token",
    ] {
        let reply = send(&router, request(target, &[])).await;
        assert_eq!(
            (reply.status.as_u16(), reply.error()),
            (401, None),
            "{target}"
        );
    }
    let long = format!("/?access_token={}", "a".repeat(16 * 1024 + 1));
    send(&router, request(&long, &[]))
        .await
        .assert_invalid_token();
    send(&router, request("/?access_token=a%20b", &[]))
        .await
        .assert_invalid_token();
}

#[tokio::test]
async fn b17_a_token_may_be_taken_off_the_query() {
    let world = World::start().await;
    let token = world.server.token().jwt();
    let target = format!("/?a=1&access_token={token}&b=%20");
    let seen =
        |reply: portcullis_conformance::Reply| String::from_utf8(reply.body.to_vec()).unwrap();
    let stripping = service(&world, both(), true).await;
    let without = seen(send(&stripping, request(&target, &[])).await);
    assert!(without.starts_with("/?a=1&b=%20 "), "{without}");
    let alone = format!("/?access_token={token}");
    let without = seen(send(&stripping, request(&alone, &[])).await);
    assert!(without.starts_with("/ "), "{without}");
    let keeping = service(&world, both(), false).await;
    assert!(seen(send(&keeping, request(&target, &[])).await).starts_with(&target));
}
