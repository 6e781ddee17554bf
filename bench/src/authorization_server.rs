use std::{net::SocketAddr, sync::mpsc, thread};

use axum::{
    Form, Json, Router,
    extract::State,
    http::header::CONTENT_TYPE,
    response::IntoResponse,
    routing::{get, post},
    serve::ListenerExt,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{Failure, Life, token::claims};

/// The client that asks.
pub const CLIENT: (&str, &str) = ("orders-api", "a secret that is none");

const REALM: &str = "/realms/shop";

/// An authorization server on a loopback port, on a thread of its own: discovery, keys, and an
/// introspection endpoint that calls everything active at once.
#[derive(Debug, Clone)]
pub struct AuthorizationServer {
    /// Where it listens.
    pub address: SocketAddr,
}

impl AuthorizationServer {
    /// Starts it, with these keys. It ends with the process.
    ///
    /// # Errors
    /// When it cannot listen.
    pub fn start(key_set: String) -> Result<Self, Failure> {
        let (told, listening) = mpsc::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                let Ok(listener) = TcpListener::bind("127.0.0.1:0").await else {
                    return;
                };
                let Ok(address) = listener.local_addr() else {
                    return;
                };
                let server = Self { address };
                let router = server.router(key_set);
                let _ = told.send(server);
                let listener = listener.tap_io(|stream| {
                    let _ = stream.set_nodelay(true);
                });
                let _ = axum::serve(listener, router).await;
            });
        });
        Ok(listening.recv()?)
    }

    /// Its base address.
    #[must_use]
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its issuer identifier.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!("http://{}{REALM}", self.address)
    }

    /// Where its keys are.
    #[must_use]
    pub fn jwks_uri(&self) -> String {
        format!("{}/protocol/openid-connect/certs", self.issuer())
    }

    /// Where it is asked about tokens.
    #[must_use]
    pub fn introspection_endpoint(&self) -> String {
        format!("{}/protocol/openid-connect/token/introspect", self.issuer())
    }

    fn router(&self, key_set: String) -> Router {
        let endpoint = |name: &str| format!("{}/protocol/openid-connect/{name}", self.issuer());
        let metadata = json!({
            "issuer": self.issuer(),
            "authorization_endpoint": endpoint("auth"),
            "token_endpoint": endpoint("token"),
            "introspection_endpoint": self.introspection_endpoint(),
            "userinfo_endpoint": endpoint("userinfo"),
            "end_session_endpoint": endpoint("logout"),
            "jwks_uri": self.jwks_uri(),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "EdDSA"],
            "claims_supported": ["iss", "sub", "aud", "exp", "iat"],
            "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        });
        // What an opaque token stands for.
        let opaque: Value =
            serde_json::from_str(&claims(&self.issuer(), 0, Life::now())).unwrap_or_default();
        Router::new()
            .route(
                &format!("{REALM}/.well-known/openid-configuration"),
                get(async || Json(metadata)),
            )
            .route(
                &format!("{REALM}/protocol/openid-connect/certs"),
                get(async || ([(CONTENT_TYPE, "application/json")], key_set)),
            )
            .route(
                &format!("{REALM}/protocol/openid-connect/token/introspect"),
                post(introspect),
            )
            .with_state(opaque)
    }
}

#[derive(Deserialize)]
struct Question {
    token: String,
}

/// A JWT is what it says of itself, anything else the same token always.
async fn introspect(
    State(opaque): State<Value>,
    Form(question): Form<Question>,
) -> impl IntoResponse {
    let payload = question.token.split('.').nth(1);
    let claims = payload.and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok());
    let said = claims.and_then(|claims| serde_json::from_slice(&claims).ok());
    let mut answer: Value = said.unwrap_or(opaque);
    if let Value::Object(members) = &mut answer {
        members.insert("active".into(), true.into());
        members.insert("token_type".into(), "Bearer".into());
    }
    Json(answer)
}
