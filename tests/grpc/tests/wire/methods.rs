//! The table of methods is total, and its names are compared whole.

use portcullis::{AuthenticateLayer, RequireRole};
use portcullis_conformance::{CapturedLog, World};
use portcullis_tonic::{HEALTH, MethodGuard, Methods, MethodsError, REFLECTION};
use tonic::{
    Code, Request,
    body::Body,
    client::Grpc,
    codegen::http::uri::PathAndQuery,
    service::LayerExt,
    transport::{Channel, Server},
};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_prost::ProstCodec;
use tower::{Layer, ServiceExt};

use crate::{
    served::{Scene, Served, bearing, call, methods, routes, table, text},
    shop::proto::{Text, orders_server::OrdersServer},
};

#[tokio::test]
async fn a_method_that_is_not_listed_is_refused_whatever_its_token_is() {
    let scene = Scene::start().await;
    let mut client = scene.served.client().await;
    let status = call(&mut client, "Forgotten", Some(&scene.clerk())).await;
    assert_eq!(status.unwrap_err().code(), Code::PermissionDenied);
    // Strangers do not learn which methods there are.
    let status = call(&mut client, "Forgotten", None).await;
    assert_eq!(status.unwrap_err().code(), Code::Unauthenticated);
    assert_eq!(scene.served.shop.calls(), 0);
}

/// What `Methods` makes of the shop.
async fn serving(table: Methods, world: &World) -> Served {
    let issuer = world.realm().connect().await.unwrap();
    let layer = table
        .build()
        .unwrap()
        .behind(AuthenticateLayer::grpc(issuer.jwt()));
    Served::serving(async |shop, incoming, stopped| {
        let server = Server::builder()
            .layer(layer)
            .add_routes(routes(&shop).await);
        tokio::spawn(server.serve_with_incoming_shutdown(incoming, stopped));
    })
    .await
}

#[tokio::test]
async fn others_and_whole_services_say_otherwise() {
    let world = World::start().await;
    let token = world.server.login("ali").token().jwt();
    for open in [
        methods().others(MethodGuard::token()),
        methods().guard("shop.v1.Orders", MethodGuard::token()),
    ] {
        let served = serving(open, &world).await;
        let mut client = served.client().await;
        assert_eq!(
            call(&mut client, "Forgotten", Some(&token)).await.unwrap(),
            "forgotten"
        );
        // The line of a method goes first.
        let status = call(&mut client, "Close", Some(&token)).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied);
        let status = call(&mut client, "Forgotten", None).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated);
    }
}

#[tokio::test]
async fn one_exempt_method_opens_no_other() {
    let world = World::start().await;
    let open = Methods::new()
        .exempt("shop.v1.Orders/Forgotten")
        .guard("shop.v1.Orders", MethodGuard::token());
    let served = serving(open, &world).await;
    let mut client = served.client().await;
    assert_eq!(
        call(&mut client, "Forgotten", None).await.unwrap(),
        "forgotten"
    );
    // A token is not looked at.
    assert_eq!(
        call(&mut client, "Forgotten", Some("bad")).await.unwrap(),
        "forgotten"
    );
    for method in ["Pay", "Close", "List"] {
        let status = call(&mut client, method, None).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated, "{method}");
    }
}

/// A path that only begins like one that is exempt, or is spelled in another way.
#[tokio::test]
async fn names_are_compared_whole() {
    let scene = Scene::start().await;
    let channel = scene.served.channel().await;
    for path in [
        format!("/{HEALTH}x/Check"),
        format!("/x{HEALTH}/Check"),
        format!("/{HEALTH}.Admin/Check"),
        format!("//{HEALTH}/Check"),
        format!("/{}", HEALTH.to_lowercase()),
        format!("/{HEALTH}"),
        format!("/{HEALTH}%2FCheck"),
        format!("/a/../{HEALTH}/Check"),
        format!("/{}x/ServerReflectionInfo", REFLECTION[0]),
        "/shop.v1.Orders/list".to_owned(),
        "/shop.v1.Orders/List/".to_owned(),
        "/shop.v1.Orders/Li%73t".to_owned(),
    ] {
        let code = unary(&channel, &path, None).await;
        assert_eq!(code, Code::Unauthenticated, "{path}");
        if !path.contains(HEALTH) {
            let code = unary(&channel, &path, Some(&scene.clerk())).await;
            assert_eq!(code, Code::PermissionDenied, "{path}");
        }
    }
    // What stands behind a question mark is no part of a name.
    let code = unary(&channel, "/shop.v1.Orders/List?x", Some(&scene.token())).await;
    assert_eq!(code, Code::Ok);
    // A method that an exempt service does not have is answered by nobody.
    let code = unary(&channel, &format!("/{HEALTH}/Nothing"), None).await;
    assert_eq!(code, Code::Unimplemented);
}

async fn unary(channel: &Channel, path: &str, token: Option<&str>) -> Code {
    let mut grpc = Grpc::new(channel.clone());
    grpc.ready().await.unwrap();
    let request = match token {
        Some(token) => bearing(token, text("")),
        None => Request::new(text("")),
    };
    let path: PathAndQuery = path.parse().unwrap();
    let codec = ProstCodec::<Text, Text>::default();
    match grpc.unary(request, path, codec).await {
        Ok(_) => Code::Ok,
        Err(status) => status.code(),
    }
}

/// The layer and the table on one service, the others free.
#[tokio::test]
async fn one_service_may_have_them_alone() {
    let world = World::start().await;
    let issuer = world.realm().connect().await.unwrap();
    let layer = table().behind(AuthenticateLayer::grpc(issuer.jwt()));
    let served = Served::serving(async |shop, incoming, stopped| {
        let (_, service) = tonic_health::server::health_reporter();
        let orders = layer.named_layer(OrdersServer::new(shop));
        let server = Server::builder().add_service(orders).add_service(service);
        tokio::spawn(server.serve_with_incoming_shutdown(incoming, stopped));
    })
    .await;
    let mut client = served.client().await;
    let token = world.server.login("ali").token().jwt();
    assert_eq!(
        call(&mut client, "List", Some(&token)).await.unwrap(),
        "ali"
    );
    for (method, token, code) in [
        ("List", None, Code::Unauthenticated),
        ("Close", Some(&*token), Code::PermissionDenied),
    ] {
        let status = call(&mut client, method, token).await.unwrap_err();
        assert_eq!(status.code(), code);
    }
    let mut health = HealthClient::new(served.channel().await);
    let answer = health.check(HealthCheckRequest::default()).await;
    assert!(answer.is_ok(), "{answer:?}");
}

/// Nobody renders its refusals, so it says them itself.
#[tokio::test]
async fn a_table_without_the_layer_lets_nobody_in() {
    let served = Served::serving(async |shop, incoming, stopped| {
        let server = Server::builder()
            .layer(table())
            .add_routes(routes(&shop).await);
        tokio::spawn(server.serve_with_incoming_shutdown(incoming, stopped));
    })
    .await;
    let status = call(&mut served.client().await, "List", Some("any")).await;
    assert_eq!(status.unwrap_err().code(), Code::Internal);
    // In HTTP the status is one of HTTP.
    let url = format!("http://{}/shop.v1.Orders/List", served.address);
    let http = reqwest::Client::builder().no_proxy();
    let http = http.http2_prior_knowledge().build().unwrap();
    let answer = http.post(url).send().await.unwrap();
    assert_eq!(answer.status(), 500);
    assert!(!answer.headers().contains_key("grpc-status"));
    assert_eq!(served.shop.calls(), 0);
}

/// A method that is spelled in another way is not one of its service's others.
#[tokio::test]
async fn the_line_of_a_service_is_about_its_methods_alone() {
    let world = World::start().await;
    let clerk = || MethodGuard::token().requires(RequireRole::realm("clerk"));
    let table = Methods::new()
        .guard("shop.v1.Orders/Close", clerk())
        .exempt("shop.v1.Orders");
    let served = serving(table, &world).await;
    let channel = served.channel().await;
    let token = world.server.token().jwt();
    for path in ["Clos%65", "Close/", "Close/more", "Cl-ose", ""] {
        let path = format!("/shop.v1.Orders/{path}");
        let code = unary(&channel, &path, None).await;
        assert_eq!(code, Code::Unauthenticated, "{path}");
        let code = unary(&channel, &path, Some(&token)).await;
        assert_eq!(code, Code::PermissionDenied, "{path}");
    }
    let code = unary(&channel, "/shop.v1.Orders/Forgotten", None).await;
    assert_eq!(code, Code::Ok);
}

/// Nobody uses up the word that is for whoever has forgotten a line, or fills the log.
#[tokio::test]
async fn a_forgotten_line_is_told_of_whatever_else_is_called() {
    let log = CapturedLog::start();
    let world = World::start().await;
    let issuer = world.realm().connect().await.unwrap();
    let layer = table().behind(AuthenticateLayer::grpc(issuer.jwt()));
    let service = layer.layer(tower::service_fn(async |_: http::Request<Body>| {
        Ok::<_, std::convert::Infallible>(http::Response::new(Body::empty()))
    }));
    let token = format!("Bearer {}", world.server.token().jwt());
    let call = async |path: &str| {
        let request = http::Request::post(path).header("authorization", &token);
        let request = request.body(Body::empty()).unwrap();
        service.clone().oneshot(request).await.unwrap()
    };
    let told = |about: &str| {
        let lines = log.lines().into_iter();
        let warnings = lines.filter(|line| line.level == tracing::Level::WARN);
        warnings.filter(|line| line.text.contains(about)).count()
    };
    for _ in 0..100 {
        call("/a/b").await;
    }
    assert_eq!(told("/a/b"), 7, "at 1, 2, 4, 8, 16, 32 and 64");
    for _ in 0..3 {
        call("/shop.v1.Orders/Forgotten").await;
    }
    assert_eq!(told("/shop.v1.Orders/Forgotten"), 1);
}

#[test]
fn a_table_that_contradicts_itself_is_refused() {
    let guard = || MethodGuard::token();
    for (table, error) in [
        (
            Methods::new().guard("shop.v1.Orders/*", guard()),
            MethodsError::NoName("shop.v1.Orders/*".into()),
        ),
        (
            Methods::new()
                .guard("shop.v1.Orders/List", guard())
                .exempt("/shop.v1.Orders/List"),
            MethodsError::ListedTwice("shop.v1.Orders/List".into()),
        ),
        (
            Methods::new().exempt_health().exempt(HEALTH),
            MethodsError::ListedTwice(HEALTH.into()),
        ),
    ] {
        assert_eq!(table.build().unwrap_err(), error);
    }
}
