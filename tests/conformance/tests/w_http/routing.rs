//! Guards hang on routes, and nothing is known of a path before its caller is.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Router, routing::get};
use http::{Method, StatusCode};
use portcullis::RequireScope;
use portcullis_conformance::{Wire, send};

use crate::support::{layer_for, request};

/// `/admin` in several ways of routing, each behind a guard, and how often it was entered.
struct Back {
    entered: Arc<AtomicUsize>,
    routers: Vec<Router>,
}

impl Back {
    fn guarded(scope: &str) -> Self {
        let entered = Arc::new(AtomicUsize::new(0));
        let office = || {
            let entered = entered.clone();
            get(move || async move {
                entered.fetch_add(1, Ordering::SeqCst);
            })
        };
        let guard = || RequireScope::all(["admin"]).unwrap();
        let nested = Router::new().route("/", office()).layer(guard());
        let wildcard = Router::new().route("/{*rest}", office()).layer(guard());
        let hall = || get(|| async { "hall" });
        let routers = [
            Router::new().route("/admin", office().layer(guard())),
            Router::new()
                .route("/admin", office())
                .route_layer(guard())
                .route("/", hall()),
            Router::new()
                .nest("/admin", nested)
                .fallback(|| async { "hall" }),
            Router::new()
                .nest("/admin", wildcard)
                .route("/admin", office().layer(guard()))
                .route("/{*rest}", hall()),
            Router::new()
                .route("/admin", office().layer(guard()))
                .route("/{page}", hall()),
        ];
        Self {
            routers: routers.map(|router| router.layer(layer_for(scope))).into(),
            entered,
        }
    }

    fn entered(&self) -> usize {
        self.entered.load(Ordering::SeqCst)
    }
}

const DETOURS: [&str; 22] = [
    "/admin",
    "//admin",
    "///admin",
    "/admin/",
    "/admin//",
    "/admin%2F",
    "/admin%2f",
    "/%2Fadmin",
    "/ADMIN",
    "/Admin",
    "/admin;x",
    "/admin;x=1",
    "/admin%3Bx",
    "/%61dmin",
    "/admi%6e",
    "/./admin",
    "/x/../admin",
    "/%2e/admin",
    "/admin%00",
    "/admin?x=/public",
    "/admin/.",
    "/admin%20",
];

const TOKEN: (&str, &str) = ("authorization", "Bearer a-token");

#[tokio::test]
async fn w12_guards_hang_on_the_route() {
    let back = Back::guarded("read");
    for (which, router) in back.routers.iter().enumerate() {
        for path in DETOURS {
            let reply = send(router, request(Method::GET, path, &[TOKEN])).await;
            assert_eq!(
                back.entered(),
                0,
                "{path} led into router {which}: {reply:?}"
            );
        }
    }
    let back = Back::guarded("admin");
    for (which, router) in back.routers.iter().enumerate() {
        send(router, request(Method::GET, "/admin", &[TOKEN])).await;
        assert_eq!(
            back.entered(),
            which + 1,
            "the front door of router {which}"
        );
    }
}

#[tokio::test]
async fn w12_no_spelling_gets_around_the_guard_on_the_wire() {
    let back = Back::guarded("read");
    for router in &back.routers {
        let wire = Wire::serve(router.clone()).await;
        let absolute = DETOURS.map(|path| format!("http://api{path}"));
        let targets = DETOURS
            .iter()
            .copied()
            .chain(absolute.iter().map(String::as_str));
        for target in targets {
            let reply = wire
                .ask(format!(
                    "GET {target} HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\
                     Authorization: Bearer a-token\r\n\r\n"
                ))
                .await;
            assert_eq!(back.entered(), 0, "{target}: {reply:?}");
        }
    }
}

#[tokio::test]
async fn w13_an_unknown_path_is_authenticated_first() {
    let routes = || Router::new().route("/known", get(|| async {}));
    for router in [
        routes().layer(layer_for("read")),
        routes()
            .fallback(|| async { (StatusCode::NOT_FOUND, "nothing here") })
            .layer(layer_for("read")),
        Router::new()
            .nest("/inner", routes())
            .layer(layer_for("read")),
    ] {
        for (method, path, known) in [
            (Method::GET, "/unknown", 404),
            (Method::POST, "/unknown", 404),
            (Method::GET, "/inner/unknown", 404),
            (Method::GET, "/known/", 404),
        ] {
            let reply = send(&router, request(method.clone(), path, &[])).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{path}");
            assert!(reply.challenge().is_some(), "{path}");
            let reply = send(&router, request(method, path, &[TOKEN])).await;
            assert_eq!(reply.status, known, "{path} with a token");
        }
    }
}

#[tokio::test]
async fn w13_a_wrong_method_is_authenticated_first() {
    let router = Router::new()
        .route("/known", get(|| async {}))
        .layer(layer_for("read"));
    let reply = send(&router, request(Method::DELETE, "/known", &[])).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert!(reply.challenge().is_some());
    let reply = send(&router, request(Method::DELETE, "/known", &[TOKEN])).await;
    assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
}
