//! Two statements about one token: the JWT, and what the server says of it.

use axum::{Json, Router, routing::get as on_get};
use http::StatusCode;
use portcullis::{AuthenticateLayer, Freshness, RequireActiveLayer, RequireScope};
use portcullis_axum::{AuthRejection, RequireActive, Token};
use portcullis_conformance::{CapturedLog, T0, World, get, post_active, protected};
use serde_json::{Value, json};
use tracing::Level;

use crate::support::{assert_ok, at, get_at, seconds};

#[tokio::test]
async fn e17_an_introspected_identity_that_contradicts_the_jwt_is_refused() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    let keycloak = || world.server.token();
    let plain = || {
        world
            .server
            .token()
            .without_claim("azp")
            .claim("client_id", "app")
    };
    for (what, token, is_good) in [
        ("agreement", keycloak().jwt(), true),
        ("agreement on client_id", plain().jwt(), true),
        (
            "nothing but active",
            keycloak().introspects_as(only_active()).jwt(),
            true,
        ),
        (
            "iss",
            keycloak()
                .introspects_as(json!({"iss": "https://id.example.com"}))
                .jwt(),
            false,
        ),
        (
            "sub",
            keycloak().introspects_as(json!({"sub": "mallory"})).jwt(),
            false,
        ),
        (
            "jti",
            keycloak().introspects_as(json!({"jti": "another"})).jwt(),
            false,
        ),
        (
            "sid",
            keycloak().introspects_as(json!({"sid": "another"})).jwt(),
            false,
        ),
        (
            "iat",
            keycloak().introspects_as(json!({"iat": T0 - 1})).jwt(),
            false,
        ),
        (
            "azp",
            keycloak().introspects_as(json!({"azp": "other"})).jwt(),
            false,
        ),
        (
            "client_id",
            keycloak()
                .introspects_as(json!({"client_id": "other"}))
                .jwt(),
            false,
        ),
        (
            "client_id for azp",
            keycloak()
                .introspects_as(json!({"azp": null, "client_id": "other"}))
                .jwt(),
            false,
        ),
        (
            "client_id for itself",
            plain().introspects_as(json!({"client_id": "other"})).jwt(),
            false,
        ),
    ] {
        let log = CapturedLog::start();
        assert_ok(&get(&router, &token).await);
        let reply = post_active(&router, &token).await;
        let warnings = log.lines();
        let warnings = warnings
            .iter()
            .filter(|line| line.level == Level::WARN)
            .count();
        if is_good {
            assert_eq!((reply.status, warnings), (StatusCode::OK, 0), "{what}");
        } else {
            assert_eq!(
                (reply.status, warnings),
                (StatusCode::UNAUTHORIZED, 1),
                "{what}"
            );
            reply.assert_invalid_token();
        }
    }
}

/// A patch that leaves `active` and what this service insists on.
fn only_active() -> Value {
    let gone = [
        "iss",
        "sub",
        "jti",
        "sid",
        "iat",
        "azp",
        "client_id",
        "typ",
        "exp",
        "scope",
    ];
    gone.into_iter()
        .map(|name| (name.to_owned(), Value::Null))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// `GET /exp` answers with the `exp` that a live answer left with the request.
fn telling_exp(world: &World) -> Router {
    async fn exp(token: Token) -> Result<String, AuthRejection> {
        token.refreshed(Freshness::Live).await?;
        let exp = token.facts().registered().exp;
        Ok(exp.unwrap().as_seconds().to_string())
    }
    Router::new()
        .route("/", on_get(exp))
        .layer(AuthenticateLayer::new(
            world.asking().leeway(seconds(0)).build().unwrap().hybrid(),
        ))
}

#[tokio::test]
async fn e18_the_earlier_expiry_counts() {
    let world = World::start().await;
    let router = telling_exp(&world);
    for (jwt, introspected, earlier) in [
        (T0 + 300, T0 + 100, T0 + 100),
        (T0 + 100, T0 + 300, T0 + 100),
        (T0 + 100, T0 + 100, T0 + 100),
    ] {
        let token = world.server.token().expires_at(at(jwt));
        let token = token.introspects_as(json!({"exp": introspected})).jwt();
        let reply = get(&router, &token).await;
        assert_ok(&reply);
        assert_eq!(reply.body, earlier.to_string());
    }
    // An end that only the server knows of.
    let token = world
        .server
        .token()
        .introspects_as(json!({"exp": T0}))
        .jwt();
    get(&router, &token).await.assert_invalid_token();
    // An end that only the JWT knows of.
    let token = world.server.token().expires_at(at(T0 + 10));
    let token = token.introspects_as(json!({"exp": T0 + 300})).jwt();
    assert_ok(&get(&router, &token).await);
    world.clock.advance(seconds(10));
    get(&router, &token).await.assert_invalid_token();
}

#[tokio::test]
async fn e18_scopes_come_from_introspection() {
    async fn claims(RequireActive(claims): RequireActive<Value>) -> Json<Value> {
        Json((*claims).clone())
    }
    let world = World::start().await;
    let scope = |name: &str| RequireScope::all([name]).unwrap();
    let live = RequireActiveLayer::live;
    let router = Router::new()
        .route("/", on_get(claims))
        .route(
            "/old",
            on_get(|| async {})
                .route_layer(scope("old"))
                .route_layer(live()),
        )
        .route(
            "/old-too",
            on_get(|| async {})
                .route_layer(live())
                .route_layer(scope("old")),
        )
        .route(
            "/new",
            on_get(|| async {})
                .route_layer(scope("new"))
                .route_layer(live()),
        )
        .route(
            "/both",
            on_get(|| async {})
                .route_layer(live())
                .route_layer(scope("both")),
        )
        .layer(AuthenticateLayer::new(
            world.asking().build().unwrap().hybrid(),
        ));
    let token = world.server.token().scope("both old");
    let token = token.introspects_as(json!({"scope": "both new"})).jwt();
    let reply = get(&router, &token).await;
    assert_eq!(reply.json()["scope"], "both new");
    for (path, status) in [
        ("/old", StatusCode::FORBIDDEN),
        ("/old-too", StatusCode::FORBIDDEN),
        ("/new", StatusCode::OK),
        ("/both", StatusCode::OK),
    ] {
        let reply = get_at(&router, path, &token).await;
        assert_eq!(reply.status, status, "{path}: {reply:?}");
    }
    // What introspection does not say is empty.
    let silent = world.server.token().scope("both old");
    let silent = silent.introspects_as(json!({"scope": null})).jwt();
    let reply = get_at(&router, "/both", &silent).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
}
