use axum::{
    body::Body,
    http::{Request, header::CONTENT_TYPE},
};
use http_body_util::BodyExt;
use portcullis::Realm;
use portcullis_testing::{AuthorizationServer, Client, Endpoint, Session};
use tokio::net::TcpListener;
use tower::ServiceExt;

use super::*;

/// The authorization server, and the API that it tells of the end of sessions.
struct World {
    server: AuthorizationServer,
    router: Router,
}

impl World {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let server = AuthorizationServer::builder()
            .audience("orders-api")
            .client("orders-api", "secret")
            .add_client(
                Client::new("shop-web", "secret")
                    .backchannel_logout(format!("{origin}/backchannel-logout")),
            )
            .start()
            .await
            .unwrap();
        let realm = Realm::new(server.issuer())
            .unwrap()
            .audience("orders-api")
            .client_secret("orders-api", "secret")
            .logout_audiences(["shop-web"])
            .not_before_clients(["shop-web"])
            .build()
            .unwrap();
        let readiness = {
            let realm = realm.clone();
            move || realm.readiness()
        };
        let router = router(&realm, "orders-api", readiness).unwrap();
        let serving = router.clone();
        tokio::spawn(async move { axum::serve(listener, serving).await });
        Self { server, router }
    }

    fn log_in(&self) -> (Session, String) {
        let session = self.server.login("ali");
        let token = session.token().client("shop-web").jwt();
        (session, token)
    }

    async fn orders(&self, token: &str) -> StatusCode {
        let request = Request::get("/orders").header("authorization", format!("Bearer {token}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    async fn send(&self, request: Request<Body>) -> StatusCode {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        response.into_body().collect().await.unwrap();
        status
    }
}

#[tokio::test]
async fn a_session_is_refused_the_moment_it_ends_and_nobody_is_asked() {
    let world = World::start().await;
    let (session, token) = world.log_in();
    assert_eq!(world.orders(&token).await, StatusCode::OK);
    let calls = world.server.request_count(Endpoint::Introspection);
    assert_eq!(world.orders(&token).await, StatusCode::OK);

    let told = session.log_out().await;
    assert_eq!(told[0].status(), Some(200), "{told:?}");
    assert_eq!(world.orders(&token).await, StatusCode::UNAUTHORIZED);
    assert_eq!(world.server.request_count(Endpoint::Introspection), calls);

    let (_, next) = world.log_in();
    assert_eq!(world.orders(&next).await, StatusCode::OK);
}

#[tokio::test]
async fn what_is_no_notice_of_the_realm_changes_nothing() {
    let world = World::start().await;
    let (session, token) = world.log_in();
    assert_eq!(world.orders(&token).await, StatusCode::OK);
    let stranger = AuthorizationServer::start().await.unwrap();
    let forged = session
        .logout_token()
        .audience("shop-web")
        .signed_with(&stranger.signing_key(portcullis_testing::SigningAlgorithm::RS256))
        .jwt();
    for (path, kind, body) in [
        (
            "/backchannel-logout",
            "application/x-www-form-urlencoded",
            format!("logout_token={forged}"),
        ),
        ("/keycloak/k_push_not_before", "text/plain", forged),
    ] {
        let request = Request::post(path).header(CONTENT_TYPE, kind);
        let status = world.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
    }
    assert_eq!(world.orders(&token).await, StatusCode::OK);
}
