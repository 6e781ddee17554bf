//! What requests themselves bring into a log.

use axum::{Router, body::Body};
use http::{HeaderValue, Method, Request, StatusCode, header};
use portcullis::{AuthenticateLayer, Authenticator, JsonBody};
use portcullis_conformance::{Wire, get, protected, send};

use super::scene::Scene;
use crate::support;

/// Requests that carry a token where none belongs.
fn strays(token: &str) -> Vec<Request<Body>> {
    let request = |method: Method, target: &str, headers: &[(&str, String)]| {
        support::request(
            method,
            target,
            &headers
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect::<Vec<_>>(),
        )
    };
    let bearer = format!("Bearer {token}");
    let authorization = |value: &str| ("authorization", value.to_owned());
    let query = format!("?access_token={token}");
    vec![
        request(Method::GET, &format!("/{query}"), &[]),
        request(
            Method::POST,
            &format!("/active{query}"),
            &[authorization(&bearer)],
        ),
        request(
            Method::GET,
            &format!("/unknown{query}"),
            &[authorization(&bearer)],
        ),
        request(
            Method::GET,
            "/",
            &[authorization(&bearer), authorization(&bearer)],
        ),
        request(
            Method::GET,
            "/",
            &[authorization(&format!("{bearer}, {bearer}"))],
        ),
        request(
            Method::GET,
            "/",
            &[authorization(&format!("Basic {token}"))],
        ),
        request(
            Method::GET,
            "/",
            &[authorization(&format!("Bearer\t{token}"))],
        ),
        request(Method::GET, "/", &[authorization(token)]),
        request(
            Method::GET,
            "/",
            &[("cookie", format!("access_token={token}"))],
        ),
        request(Method::GET, "/", &[("proxy-authorization", bearer.clone())]),
        request(
            Method::POST,
            "/",
            &[
                authorization(&bearer),
                ("content-type", "application/grpc".to_owned()),
            ],
        ),
    ]
}

#[tokio::test]
async fn w14_a_token_in_the_wrong_place_is_not_logged_either() {
    let mut scene = Scene::set().await;
    let issuer = scene.issuer();
    for router in [protected(issuer.jwt()), protected(issuer.introspection())] {
        for token in [
            scene.mint().jwt(),
            scene.mint().opaque(),
            scene.mint().claim("exp", 1).jwt(),
        ] {
            scene.secrets.token(&token);
            for stray in strays(&token) {
                send(&router, stray).await;
            }
        }
    }
    scene.assert_nothing_leaked(&["reason=\"malformed_credentials\"", "reason=\"cannot_ask\""]);
}

#[tokio::test]
async fn w14_no_token_is_logged_on_its_way_over_the_wire() {
    let mut scene = Scene::set().await;
    let wire = Wire::serve(protected(scene.issuer().hybrid())).await;
    for token in [
        scene.mint().jwt(),
        scene.mint().opaque(),
        scene.mint().claim("exp", 1).jwt(),
    ] {
        scene.secrets.token(&token);
        let request = format!(
            "GET / HTTP/1.1\r\nHost: api\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n"
        );
        wire.ask(request).await;
        let request = Request::get("http://api/").header(header::AUTHORIZATION, {
            let mut value = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
            value.set_sensitive(true);
            value
        });
        wire.ask_http2(request.body(bytes::Bytes::new()).unwrap())
            .await;
    }
    scene.assert_nothing_leaked(&["TRACE", "h2::"]);
}

#[tokio::test]
async fn w14_a_handler_that_logs_its_request_logs_no_token() {
    let mut scene = Scene::set().await;
    let token = scene.mint().jwt();
    scene.secrets.token(&token);
    let talkative = axum::routing::get(|request: axum::extract::Request| async move {
        tracing::info!(headers = ?request.headers(), extensions = ?request.extensions(), "handling");
    });
    let issuer = scene.issuer();
    for authenticator in [
        Authenticator::new(issuer.hybrid()),
        Authenticator::new(issuer.introspection()),
    ] {
        let layer = AuthenticateLayer::from_authenticator(authenticator, JsonBody);
        let router = Router::new().route("/", talkative.clone()).layer(layer);
        assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    }
    scene.assert_nothing_leaked(&["handling", "\"authorization\": Sensitive"]);
}
