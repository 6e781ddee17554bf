#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use axum::{Router, routing::get};
use http::StatusCode;
use portcullis::{AccessTokenProfile, AuthenticateLayer, Reason, RequireRole};
use portcullis_conformance::{LocalWorld, World, get as get_with, protected};
use serde_json::{Value, json};

const OTHER_KINDS: [&str; 7] = ["ID", "Refresh", "Offline", "Logout", "Initial", "RPT", ""];

#[tokio::test]
async fn j14_the_typ_claim_says_that_it_is_an_access_token() {
    for profile in [AccessTokenProfile::Keycloak, AccessTokenProfile::Rfc9068] {
        let local = LocalWorld::with(|realm| realm.profile(profile)).await;
        let token = local.server().token().claim("client_id", "shop");
        let token = token.header("typ", "at+jwt");
        local
            .accepts(&token.clone().claim("typ", "Bearer").jwt(), "Bearer")
            .await;
        for typ in OTHER_KINDS {
            let other = token.clone().claim("typ", typ).jwt();
            local.refuses_unasked(&other, typ).await;
            assert_eq!(
                local.reason(&other).await,
                Reason::NotAnAccessToken,
                "{typ}"
            );
        }
        for typ in [json!(["Bearer"]), json!(1), Value::Null, json!({})] {
            let wrong = token.clone().claim("typ", typ.clone()).jwt();
            local.refuses_unasked(&wrong, &typ.to_string()).await;
        }
    }
}

#[tokio::test]
async fn j14_without_at_jwt_the_typ_claim_is_required() {
    let local = LocalWorld::start().await;
    let token = local.server().token();
    local.accepts(&token.clone().jwt(), "with `typ`").await;
    let without = token.without_claim("typ");
    local
        .refuses_unasked(&without.clone().jwt(), "header `JWT`")
        .await;
    local
        .refuses_unasked(&without.clone().without_header("typ").jwt(), "no header")
        .await;
    local
        .accepts(&without.header("typ", "at+jwt").jwt(), "header `at+jwt`")
        .await;
}

/// A `DPoP` token is an access token; what refuses it is that its key cannot be proven yet.
#[tokio::test]
async fn j14_a_dpop_token_is_an_access_token() {
    let local = LocalWorld::start().await;
    let bound = local.server().token().claim("cnf", json!({"jkt": "x"}));
    let dpop = bound.clone().claim("typ", "DPoP").jwt();
    local.refuses_unasked(&dpop, "DPoP").await;
    assert_eq!(local.reason(&dpop).await, Reason::SenderConstrained);
    let refresh = bound.claim("typ", "Refresh").jwt();
    assert_eq!(local.reason(&refresh).await, Reason::NotAnAccessToken);
}

/// Keycloak calls a refresh token active when asked about it.
#[tokio::test]
async fn j14_introspection_makes_no_access_token_of_another_kind() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let router = protected(issuer.introspection());
    let good = world.server.token().claim("typ", "Bearer").opaque();
    assert_eq!(get_with(&router, &good).await.status, StatusCode::OK);
    for typ in OTHER_KINDS {
        let other = world.server.token().claim("typ", typ).opaque();
        assert_eq!(world.server.introspect(&other)["active"], true, "{typ}");
        get_with(&router, &other).await.assert_invalid_token();
    }
}

/// Which of the two routes, for a realm role and for one of a client, a token opens.
async fn opens(world: &World, claims: &[(&str, Value)]) -> [bool; 2] {
    let issuer = world.realm().build().unwrap();
    let router = Router::new()
        .route("/", get(|| async {}))
        .route_layer(RequireRole::client("my-client", "editor"));
    let realm = Router::new()
        .route("/", get(|| async {}))
        .route_layer(RequireRole::realm("editor"));
    let token = world.server.token();
    let token = token
        .without_claim("realm_access")
        .without_claim("resource_access");
    let token = claims
        .iter()
        .fold(token, |token, (name, value)| {
            token.claim(*name, value.clone())
        })
        .jwt();
    let mut opened = [false; 2];
    for (opened, router) in opened.iter_mut().zip([realm, router]) {
        let router = router.layer(AuthenticateLayer::new(issuer.jwt()));
        let reply = get_with(&router, &token).await;
        *opened = reply.status == StatusCode::OK;
        if !*opened {
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{claims:?}");
            assert_eq!(
                reply.error().as_deref(),
                Some("insufficient_scope"),
                "{claims:?}"
            );
        }
    }
    opened
}

#[tokio::test]
async fn j15_roles_are_where_keycloak_has_them() {
    let world = World::start().await;
    let editor = json!({"roles": ["viewer", "editor"]});
    for (claims, expected) in [
        (vec![("realm_access", editor.clone())], [true, false]),
        (
            vec![("resource_access", json!({"my-client": editor}))],
            [false, true],
        ),
        (
            vec![
                ("realm_access", editor.clone()),
                ("resource_access", json!({"my-client": editor})),
            ],
            [true, true],
        ),
        (
            vec![("resource_access", json!({"other": editor}))],
            [false, false],
        ),
        (
            vec![("resource_access", json!({"My-Client": editor}))],
            [false, false],
        ),
        (
            vec![("resource_access", json!({"my-client2": editor}))],
            [false, false],
        ),
        (
            vec![(
                "realm_access",
                json!({"roles": ["Editor", "editor2", "edit"]}),
            )],
            [false, false],
        ),
        (
            vec![("roles", json!(["editor"])), ("groups", json!(["editor"]))],
            [false, false],
        ),
        (vec![], [false, false]),
    ] {
        assert_eq!(opens(&world, &claims).await, expected, "{claims:?}");
    }
}

#[tokio::test]
async fn j15_roles_of_the_wrong_shape_grant_nothing() {
    let world = World::start().await;
    let wrong = [
        json!("editor"),
        Value::Null,
        json!(1),
        json!(true),
        json!(["editor"]),
        json!({}),
        json!({"roles": "editor"}),
        json!({"roles": null}),
        json!({"roles": {"editor": true}}),
        json!({"roles": [["editor"]]}),
        json!({"roles": [{"name": "editor"}]}),
        json!({"Roles": ["editor"]}),
        json!({"roles": [], "role": ["editor"]}),
        json!({"roles.editor": true}),
    ];
    for shape in wrong {
        let claims = [
            ("realm_access", shape.clone()),
            ("resource_access", json!({"my-client": shape})),
        ];
        assert_eq!(opens(&world, &claims).await, [false, false], "{claims:?}");
        let claims = [("resource_access", shape)];
        assert_eq!(opens(&world, &claims).await, [false, false], "{claims:?}");
    }
    // A good role beside something else is a good role.
    let mixed = json!({"roles": [1, null, "editor"]});
    assert_eq!(
        opens(&world, &[("realm_access", mixed)]).await,
        [true, false]
    );
}

#[tokio::test]
async fn j15_a_client_may_have_any_name() {
    let world = World::start().await;
    let issuer = world.realm().build().unwrap();
    for client in [
        "my.client",
        "my/client",
        "https://api.example.com/",
        "a.b/c d",
        "client.roles",
        "",
    ] {
        let router = Router::new()
            .route("/", get(|| async {}))
            .route_layer(RequireRole::client(client, "editor"))
            .layer(AuthenticateLayer::new(issuer.jwt()));
        let token = world.server.token().client_roles(client, ["editor"]).jwt();
        assert_eq!(
            get_with(&router, &token).await.status,
            StatusCode::OK,
            "{client}"
        );
        let nested = json!({"my": {"client": {"roles": ["editor"]}}, "a": {"roles": ["editor"]}});
        let token = world.server.token().claim("resource_access", nested).jwt();
        assert_eq!(
            get_with(&router, &token).await.status,
            StatusCode::FORBIDDEN,
            "{client}"
        );
    }
}
