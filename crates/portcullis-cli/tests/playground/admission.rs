//! Who is let in: the page that was opened by the printed URL, and nobody else.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::json;

use crate::demo::Demo;

const ACTIONS: [&str; 8] = [
    "state",
    "call",
    "end-session",
    "revoke",
    "issue",
    "rotate",
    "stop",
    "start",
];

/// The page, and all that it has behind it.
const PATHS: [&str; 6] = [
    "/",
    "/playground/main.js",
    "/orders",
    "/local/orders",
    "/hybrid/backchannel-logout",
    "/backchannel-logout",
];

async fn status(request: RequestBuilder) -> StatusCode {
    request.send().await.unwrap().status()
}

#[tokio::test]
async fn an_action_without_the_key_or_with_another_is_refused() {
    let demo = Demo::start().await;
    for action in ACTIONS {
        let request = || {
            demo.bare(Method::POST, &format!("/play/{action}"))
                .header("origin", &demo.origin)
                .json(&json!({}))
        };
        assert_eq!(status(request()).await, 403, "{action}");
        let mut other = demo.key.clone();
        let last = other.pop().unwrap();
        other.push(if last == 'A' { 'B' } else { 'A' });
        for key in ["", "undefined", other.as_str(), demo.key.get(1..).unwrap()] {
            let with_key = request().header("x-portcullis-key", key);
            assert_eq!(status(with_key).await, 403, "{action}");
        }
        let twice = request()
            .header("x-portcullis-key", &demo.key)
            .header("x-portcullis-key", &demo.key);
        assert_eq!(status(twice).await, 403, "{action}");
    }
    let (running, scene) = demo.act("state", json!({})).await;
    assert_eq!(
        (running, &scene["is_running"]),
        (StatusCode::OK, &json!(true))
    );
}

#[tokio::test]
async fn an_action_of_another_origin_or_of_none_is_refused() {
    let demo = Demo::start().await;
    let port = demo.origin.rsplit(':').next().unwrap();
    let request = || {
        demo.bare(Method::POST, "/play/stop")
            .header("x-portcullis-key", &demo.key)
    };
    assert_eq!(status(request()).await, 403);
    for origin in [
        "null",
        "https://evil.example",
        &format!("http://localhost:{port}"),
        &format!("https://127.0.0.1:{port}"),
        &format!("http://127.0.0.1:{port}.evil.example"),
        "http://127.0.0.1",
    ] {
        let foreign = request().header("origin", origin);
        assert_eq!(status(foreign).await, 403, "{origin}");
    }
    let own = || request().header("origin", &demo.origin);
    for site in ["cross-site", "same-site", "none"] {
        let foreign = own().header("sec-fetch-site", site);
        assert_eq!(status(foreign).await, 403, "{site}");
    }
    let own = own().header("sec-fetch-site", "same-origin");
    assert_eq!(status(own).await, 200);
}

#[tokio::test]
async fn nothing_goes_by_another_host() {
    let demo = Demo::start().await;
    let port = demo.origin.rsplit(':').next().unwrap();
    for host in [
        "evil.example",
        &format!("evil.example:{port}"),
        &format!("localhost:{port}"),
        "127.0.0.1",
    ] {
        for path in PATHS {
            let page = demo.bare(Method::GET, path).header("host", host);
            assert_eq!(status(page).await, 421, "{host}{path}");
        }
        let action = demo
            .bare(Method::POST, "/play/state")
            .header("host", host)
            .header("origin", format!("http://{host}"))
            .header("x-portcullis-key", &demo.key)
            .json(&json!({}));
        assert_eq!(status(action).await, 421, "{host}");
    }
}

#[tokio::test]
async fn nothing_goes_by_two_hosts() {
    let demo = Demo::start().await;
    let own = demo.origin.strip_prefix("http://").unwrap();
    for path in PATHS {
        for second in [own, "evil.example"] {
            let twice = demo
                .bare(Method::GET, path)
                .header("host", own)
                .header("host", second);
            let answer = twice.send().await.unwrap();
            assert_eq!(answer.status(), 400, "{path}");
            let said = answer.text().await.unwrap();
            assert!(said.contains("the address"), "{path}: {said}");
        }
    }
    let once = demo.bare(Method::GET, "/").header("host", own);
    assert_eq!(status(once).await, 200);
}

#[tokio::test]
async fn an_action_is_a_post() {
    let demo = Demo::start().await;
    for action in ACTIONS {
        for method in [Method::GET, Method::PUT, Method::OPTIONS] {
            let request = demo
                .bare(method, &format!("/play/{action}"))
                .header("origin", &demo.origin)
                .header("x-portcullis-key", &demo.key);
            assert_eq!(status(request).await, 405, "{action}");
        }
    }
}

#[tokio::test]
async fn a_preflight_of_another_site_gets_no_cors_headers() {
    let demo = Demo::start().await;
    let preflight = demo
        .bare(Method::OPTIONS, "/play/stop")
        .header("origin", "https://evil.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "x-portcullis-key");
    let answer = preflight.send().await.unwrap();
    let cors = answer
        .headers()
        .keys()
        .find(|name| name.as_str().starts_with("access-control"));
    assert_eq!(cors, None);
}

#[tokio::test]
async fn every_answer_has_the_headers_that_keep_the_page_to_itself() {
    let demo = Demo::start().await;
    let refused = demo.bare(Method::POST, "/play/stop");
    let page = demo.bare(Method::GET, "/");
    for request in [page, refused] {
        let answer = request.send().await.unwrap();
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        for directive in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(directive), "{directive}");
        }
        assert!(!policy.contains("unsafe"));
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin");
    }
}

#[tokio::test]
async fn the_page_has_neither_the_key_nor_anything_inline() {
    let demo = Demo::start().await;
    let page = demo.bare(Method::GET, "/").send().await.unwrap();
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let text = page.text().await.unwrap();
    assert!(!text.contains(&demo.key));
    for inline in [" style=", " onclick=", "<style", "javascript:"] {
        assert!(!text.contains(inline), "{inline}");
    }
    assert_eq!(text.matches("<script").count(), 1);
    assert!(text.contains(r#"<script src="/playground/main.js" type="module"></script>"#));
}
