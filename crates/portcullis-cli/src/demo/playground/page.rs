//! The page itself: its files, as they lie in `page/`.

use axum::{
    Router,
    http::{HeaderName, HeaderValue, header},
    response::Response,
    routing::get,
};

/// Scripts and styles from here and nowhere else, none in the page; nothing is embedded, framed or
/// submitted; and no text becomes markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

/// What every answer has, those of actions included.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
];

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Each file with its path and its type.
const FILES: [(&str, &str, &str); 8] = [
    ("/", HTML, include_str!("page/index.html")),
    ("/playground/page.css", CSS, include_str!("page/page.css")),
    ("/playground/icon.svg", SVG, include_str!("page/icon.svg")),
    (
        "/playground/main.js",
        JAVASCRIPT,
        include_str!("page/main.js"),
    ),
    (
        "/playground/server.js",
        JAVASCRIPT,
        include_str!("page/server.js"),
    ),
    (
        "/playground/lane.js",
        JAVASCRIPT,
        include_str!("page/lane.js"),
    ),
    (
        "/playground/timeline.js",
        JAVASCRIPT,
        include_str!("page/timeline.js"),
    ),
    (
        "/playground/journal.js",
        JAVASCRIPT,
        include_str!("page/journal.js"),
    ),
];

/// The files.
pub(super) fn router() -> Router {
    FILES
        .into_iter()
        .fold(Router::new(), |router, (path, content_type, text)| {
            let file = async move || ([(header::CONTENT_TYPE, content_type)], text);
            router.route(path, get(file))
        })
}

/// Puts the headers on an answer.
pub(super) async fn guarded(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}
