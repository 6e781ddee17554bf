//! Where the service takes logout notices.

use axum::{Router, http::StatusCode, routing::post};
use portcullis::Issuer;
use portcullis_axum::backchannel_logout_route;
use portcullis_testing::AuthorizationServer;
use tokio::net::TcpListener;

use crate::support::{Doctor, Examined};

async fn examined(server: &AuthorizationServer, router: Router, path: &str) -> Examined {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = tokio::spawn(async move { axum::serve(listener, router).await });
    let url = format!("http://{address}{path}");
    let doctor = Doctor::at(server).arguments(&["--logout-url", &url]);
    let examined = doctor.examine().await;
    service.abort();
    examined
}

#[tokio::test]
async fn a_route_of_the_library_refuses_what_nobody_has_signed() {
    let server = AuthorizationServer::start().await.unwrap();
    let issuer = Issuer::builder(server.issuer()).unwrap();
    let issuer = issuer.audience("orders-api").logout_audiences(["shop-web"]);
    let receiver = issuer.build().unwrap().logout_receiver().unwrap();
    let router = Router::new().route("/logout", backchannel_logout_route(receiver));
    let good = examined(&server, router.clone(), "/logout").await;
    good.assert_nothing_wrong();
    good.assert_check("logout_url", "good", None);
    good.assert_check("logout", "good", None);
    let other = examined(&server, router, "/lgout").await;
    other.assert_first_wrong("logout_url", "no_logout_url");
}

#[tokio::test]
async fn what_else_answers_there_is_named() {
    let server = AuthorizationServer::start().await.unwrap();
    for (status, cause) in [
        (StatusCode::OK, "logout_url_takes_anything"),
        (StatusCode::UNAUTHORIZED, "logout_url_wants_credentials"),
        (StatusCode::SEE_OTHER, "logout_url_redirects"),
        (StatusCode::BAD_GATEWAY, "logout_url_in_trouble"),
    ] {
        let router = Router::new().route("/logout", post(move || async move { status }));
        let examined = examined(&server, router, "/logout").await;
        examined.assert_first_wrong("logout_url", cause);
        examined.assert_exit_code(if status.is_server_error() { 3 } else { 1 });
    }
}

#[tokio::test]
async fn whether_notices_arrive_is_not_known_without_an_address() {
    let server = AuthorizationServer::start().await.unwrap();
    let examined = Doctor::at(&server).examine().await;
    examined.assert_check("logout", "notable", Some("arrival_unknown"));
    assert_eq!(examined.checks("logout_url").count(), 0);

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/logout", listener.local_addr().unwrap());
    drop(listener);
    let doctor = Doctor::at(&server).arguments(&["--logout-url", &url]);
    let examined = doctor.examine().await;
    examined.assert_first_wrong("logout_url", "logout_url_unreachable");
    examined.assert_exit_code(3);
}
