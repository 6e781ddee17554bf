//! A protected axum API with an authorization server inside: nothing to install.

use std::{error::Error, process::ExitCode};

use axum::{
    Router,
    routing::{get, post},
};
use portcullis::{AuthenticateLayer, Realm, TokenVerifier};
use portcullis_axum::{Claims, RequireActive};
use portcullis_testing::AuthorizationServer;
use serde::Deserialize;
use tokio::net::TcpListener;

/// The claims this API cares for.
#[derive(Deserialize)]
struct ShopUser {
    sub: String,
}

async fn orders(Claims(user): Claims<ShopUser>) -> String {
    format!("the orders of {}\n", user.sub)
}

async fn pay(RequireActive(user): RequireActive<ShopUser>) -> String {
    format!("{} has paid\n", user.sub)
}

fn app(verifier: impl TokenVerifier) -> Router {
    Router::new()
        .route("/orders", get(orders)) // verified here: no call
        .route("/payments", post(pay)) // asks the server before the handler runs
        .layer(AuthenticateLayer::new(verifier))
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), Box<dyn Error>> {
    // In production this is Keycloak; see the example axum-keycloak.
    let server = AuthorizationServer::builder()
        .audience("orders-api")
        .client("orders-api", "orders-secret")
        .start()
        .await?;

    let realm = Realm::new(server.issuer())?
        .audience("orders-api")
        .client_secret("orders-api", "orders-secret") // of the server above; else from the environment
        .connect()
        .await?;

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let token = server.login("ali").token().jwt();
    println!("TOKEN={token}\n");
    println!("curl -i {url}/orders");
    println!("curl -i -H \"Authorization: Bearer $TOKEN\" {url}/orders");
    println!("curl -i -X POST -H \"Authorization: Bearer $TOKEN\" {url}/payments");
    // Enough for loopback. Where others come in, they could hold as many connections as they like; see
    // `serve.rs` of the example axum-keycloak.
    axum::serve(listener, app(realm.hybrid())).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};
    use serde_json::json;
    use tower::ServiceExt;

    use super::*;

    /// No server and no tokens: the handlers with claims that are taken for granted.
    #[tokio::test]
    async fn the_handlers_work_with_assumed_claims() {
        let app = Router::new()
            .route("/orders", get(orders))
            .layer(AuthenticateLayer::assume(&json!({ "sub": "ali" })).unwrap());
        let request = Request::get("/orders").body(Body::empty()).unwrap();
        assert_eq!(app.oneshot(request).await.unwrap().status(), 200);
    }

    /// The embedded server: real tokens, real calls.
    #[tokio::test]
    async fn the_routes_want_a_token() {
        let server = AuthorizationServer::builder()
            .audience("orders-api")
            .client("orders-api", "secret")
            .start()
            .await
            .unwrap();
        let realm = Realm::new(server.issuer())
            .unwrap()
            .audience("orders-api")
            .client_secret("orders-api", "secret")
            .build()
            .unwrap();
        let token = server.token().jwt();
        for (authorization, status) in [(format!("Bearer {token}"), 200), (String::new(), 401)] {
            let request = Request::post("/payments")
                .header("authorization", authorization)
                .body(Body::empty())
                .unwrap();
            let response = app(realm.hybrid()).oneshot(request).await.unwrap();
            assert_eq!(response.status(), status);
        }
    }
}
