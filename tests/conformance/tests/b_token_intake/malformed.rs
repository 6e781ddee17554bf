use http::StatusCode;
use portcullis_conformance::Wire;

use crate::support::{Api, assert_answer};

#[tokio::test]
async fn b3_a_tab_after_the_scheme_is_malformed() {
    let api = Api::start().await;
    for separator in ["\t", "\t ", " \t"] {
        let line = format!("Bearer{separator}{}", api.good);
        api.refuses_unasked(&[&line], 400, Some("invalid_request"))
            .await;
    }
    api.accepts(&[&format!("Bearer {}", api.good)]).await;
}

#[tokio::test]
async fn b6_a_scheme_without_credentials_is_malformed() {
    let api = Api::start().await;
    for line in ["Bearer", "Bearer ", "bearer", "Bearer    "] {
        api.refuses_unasked(&[line], 400, Some("invalid_request"))
            .await;
    }
}

#[tokio::test]
async fn b8_a_token_outside_token68_is_refused_without_a_call() {
    let api = Api::start().await;
    let mut lines = vec![
        "Bearer a b".to_owned(),
        "Bearer \"abc\"".to_owned(),
        "Bearer a$b".to_owned(),
        "Bearer =a".to_owned(),
        "Bearer a=b".to_owned(),
        "Bearer realm=\"x\"".to_owned(),
        "Bearer =".to_owned(),
        "Bearer a\tb".to_owned(),
        "Bearer a;b".to_owned(),
        "Bearer a:b".to_owned(),
        "Bearer a@b".to_owned(),
        "Bearer a%20b".to_owned(),
        "Bearer a ".to_owned(),
    ];
    // A good token with one character too many, wherever it stands.
    for extra in ["$", "\"", " x", "=x", "é"] {
        lines.push(format!("Bearer {}{extra}", api.good));
    }
    lines.push(format!("Bearer \"{}\"", api.good));
    for line in &lines {
        api.refuses_unasked(&[line], 401, Some("invalid_token"))
            .await;
    }
    api.accepts(&[&format!("Bearer {}", api.good)]).await;
}

#[tokio::test]
async fn b12_bytes_outside_ascii_are_refused() {
    let api = Api::start().await;
    let line = |bytes: &[u8]| [b"Bearer ", bytes].concat();
    let good = api.good.as_bytes();
    for bytes in [
        line(b"\xff\xfe"),
        line(b"\x80"),
        line("tök".as_bytes()),
        line(&[good, b"\xff"].concat()),
        line(&[b"\xff", good].concat()),
    ] {
        let reply = api.get(&[&bytes]).await;
        assert_answer(&reply, 401, Some("invalid_token"), &format!("{bytes:?}"));
    }
    assert_eq!(api.world.server.total_request_count(), 0);
    let reply = api.get(&[&line(good)]).await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn b12_bytes_outside_ascii_in_the_scheme_are_no_credentials() {
    let api = Api::start().await;
    let reply = api.get(&[b"B\xe9arer abc"]).await;
    assert_answer(&reply, 401, None, "scheme");
}

#[tokio::test]
async fn b12_bytes_outside_ascii_are_refused_on_the_wire() {
    let api = Api::start().await;
    let wire = Wire::serve(api.router.clone()).await;
    let request = |token: &[u8]| {
        let head = b"GET / HTTP/1.1\r\nHost: api\r\nConnection: close\r\nAuthorization: Bearer ";
        [head, token, b"\r\n\r\n"].concat()
    };
    let reply = wire.ask(request(b"\xff\xfe")).await;
    assert_answer(&reply, 401, Some("invalid_token"), "h1");
    let reply = wire.ask(request(api.good.as_bytes())).await;
    assert_eq!(reply.status, StatusCode::OK);
}
