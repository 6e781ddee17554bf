use axum::body::Body;
use http::{Request, StatusCode, header};
use portcullis_conformance::{Wire, send};

use crate::support::{Api, assert_answer};

#[tokio::test]
async fn b14_proxy_authorization_is_ignored() {
    let api = Api::start().await;
    let bearer = format!("Bearer {}", api.good);
    let proxied = || Request::get("/").header(header::PROXY_AUTHORIZATION, &bearer);
    let reply = send(&api.router, proxied().body(Body::empty()).unwrap()).await;
    assert_answer(&reply, 401, None, "alone");
    assert_eq!(api.world.server.total_request_count(), 0);

    let both = proxied().header(header::AUTHORIZATION, &bearer);
    let reply = send(&api.router, both.body(Body::empty()).unwrap()).await;
    assert_eq!(
        reply.status,
        StatusCode::OK,
        "it does not count as a second one"
    );
}

#[tokio::test]
async fn b15_look_alikes_are_ignored() {
    let api = Api::start().await;
    let (token, bearer) = (api.good.clone(), format!("Bearer {}", api.good));
    for (name, value) in [
        ("x-access-token", token.clone()),
        ("x-forwarded-authorization", bearer.clone()),
        ("x-authorization", bearer.clone()),
        ("authorization-token", bearer.clone()),
        ("access-token", token.clone()),
        ("x-auth-token", token.clone()),
        ("x-forwarded-access-token", token.clone()),
        ("authentication", bearer.clone()),
        ("sec-websocket-protocol", format!("bearer, {token}")),
        ("cookie", format!("access_token={token}")),
        ("cookie", format!("Authorization={token}; token={token}")),
    ] {
        let request = Request::get("/").header(name, &value);
        let reply = send(&api.router, request.body(Body::empty()).unwrap()).await;
        assert_answer(&reply, 401, None, name);

        let beside = Request::get("/")
            .header(name, "Bearer something-else")
            .header(header::AUTHORIZATION, &bearer);
        let reply = send(&api.router, beside.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, StatusCode::OK, "{name} beside the header");
    }
}

#[tokio::test]
async fn b15_a_trailer_is_ignored() {
    let api = Api::start().await;
    let wire = Wire::serve(api.router.clone()).await;
    let good = &api.good;
    let request = |header: &str| {
        format!(
            "POST / HTTP/1.1\r\nHost: api\r\nConnection: close\r\nTE: trailers\r\n\
             Trailer: authorization\r\nTransfer-Encoding: chunked\r\n{header}\r\n\
             2\r\nhi\r\n0\r\nAuthorization: Bearer {good}\r\n\r\n"
        )
    };
    let reply = wire.ask(request("")).await;
    assert_answer(&reply, 401, None, "trailer");
    let with_header = format!("Authorization: Bearer {good}\r\n");
    let reply = wire.ask(request(&with_header)).await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn b16_the_query_is_not_looked_at() {
    let api = Api::start().await;
    let good = &api.good;
    for query in [
        format!("access_token={good}"),
        format!("token={good}"),
        format!("Authorization=Bearer%20{good}"),
        format!("access_token={good}&access_token={good}"),
        "access_token=".to_owned(),
    ] {
        let target = format!("/?{query}");
        let request = Request::get(&target).body(Body::empty()).unwrap();
        let reply = send(&api.router, request).await;
        assert_answer(&reply, 401, None, &query);

        let with_header = Request::get(&target)
            .header(header::AUTHORIZATION, format!("Bearer {good}"))
            .body(Body::empty())
            .unwrap();
        let reply = send(&api.router, with_header).await;
        assert_eq!(
            reply.status,
            StatusCode::OK,
            "{query}: the query is ignored"
        );
    }
}
