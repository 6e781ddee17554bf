use bytes::Bytes;
use http::{Request, StatusCode, header};
use portcullis_conformance::{Reply, Wire};

use crate::support::{Api, assert_answer};

/// Pairs of `Authorization` lines, each of which has a good line in it.
fn pairs(api: &Api) -> Vec<[String; 2]> {
    let good = format!("Bearer {}", api.good);
    let other = format!("Bearer {}", api.world.server.token().jwt());
    assert_ne!(good, other);
    let basic = "Basic Zm9vOmJhcg==".to_owned();
    let pair = |one: &String, two: &String| [one.clone(), two.clone()];
    vec![
        pair(&good, &good),
        pair(&good, &other),
        pair(&other, &good),
        pair(&good, &basic),
        pair(&basic, &good),
        pair(&good, &String::new()),
        pair(&good, &"Bearer".to_owned()),
        pair(&good, &"DPoP abc".to_owned()),
    ]
}

#[tokio::test]
async fn b9_two_authorization_lines_are_refused() {
    let api = Api::start().await;
    for [one, two] in pairs(&api) {
        api.refuses_unasked(&[&one, &two], 400, Some("invalid_request"))
            .await;
    }
    let basic = "Basic Zm9vOmJhcg==";
    api.refuses_unasked(&[basic, basic], 400, Some("invalid_request"))
        .await;
    api.accepts(&[&format!("Bearer {}", api.good)]).await;
}

#[tokio::test]
async fn b9_two_authorization_lines_are_refused_over_http_1() {
    let api = Api::start().await;
    let wire = Wire::serve(api.router.clone()).await;
    for [one, two] in pairs(&api) {
        let request = |lines: &str| {
            format!("GET / HTTP/1.1\r\nHost: api\r\nConnection: close\r\n{lines}\r\n")
        };
        let reply = wire
            .ask(request(&format!(
                "Authorization: {one}\r\nauthorization: {two}\r\n"
            )))
            .await;
        assert_answer(
            &reply,
            400,
            Some("invalid_request"),
            &format!("{one} {two}"),
        );
    }
    assert_eq!(api.world.server.total_request_count(), 0);
    let good = &api.good;
    let reply = wire
        .ask(format!(
            "GET / HTTP/1.1\r\nHost: api\r\nConnection: close\r\nAuthorization: Bearer {good}\r\n\r\n"
        ))
        .await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn b9_two_authorization_fields_are_refused_over_http_2() {
    let api = Api::start().await;
    let wire = Wire::serve(api.router.clone()).await;
    for [one, two] in pairs(&api) {
        let reply = ask_http2(&wire, &[&one, &two]).await;
        assert_answer(
            &reply,
            400,
            Some("invalid_request"),
            &format!("{one} {two}"),
        );
    }
    assert_eq!(api.world.server.total_request_count(), 0);
    let reply = ask_http2(&wire, &[&format!("Bearer {}", api.good)]).await;
    assert_eq!(reply.status, StatusCode::OK);
}

async fn ask_http2(wire: &Wire, lines: &[&str]) -> Reply {
    let mut request = Request::get("http://api/");
    for line in lines {
        request = request.header(header::AUTHORIZATION, *line);
    }
    wire.ask_http2(request.body(Bytes::new()).unwrap()).await
}

#[tokio::test]
async fn b10_a_comma_joined_list_is_refused() {
    let api = Api::start().await;
    let good = &api.good;
    for line in [
        "Bearer a, Bearer b".to_owned(),
        "Bearer a,Bearer b".to_owned(),
        format!("Bearer {good}, Bearer {good}"),
        format!("Bearer {good},bearer {good}"),
        format!("Bearer {good}, Basic Zm9vOmJhcg=="),
        format!("Basic Zm9vOmJhcg==, Bearer {good}"),
        format!("Basic Zm9vOmJhcg==,\tBEARER {good}"),
        format!("Bearer {good},"),
        format!("Bearer ,{good}"),
    ] {
        api.refuses_unasked(&[&line], 400, Some("invalid_request"))
            .await;
    }
    api.accepts(&[&format!("Bearer {good}")]).await;
}
