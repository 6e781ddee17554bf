use axum::{
    Json, Router,
    routing::{get, post},
};
use portcullis::{
    AuthenticateLayer, IssuerBuilder, ManualClock, Realm, RequireActiveLayer, TokenVerifier,
    WithCredentials,
};
use portcullis_axum::Claims;
use portcullis_testing::{AuthorizationServer, AuthorizationServerBuilder, Endpoint};
use serde_json::Value;

/// When every test begins, in seconds since the Unix epoch.
pub const T0: u64 = 1_700_000_000;
/// The audience of the protected service.
pub const AUDIENCE: &str = "orders-api";
/// The client that introspects.
pub const CLIENT_ID: &str = "orders-api";
/// Its secret.
pub const CLIENT_SECRET: &str = "orders-secret";

/// The client that the server's tokens are issued to unless they name another: it holds the sessions,
/// and the notices of their end are addressed to it.
pub const FRONT_END: &str = "test-app";

/// An authorization server and the clock that it shares with the verifiers.
#[derive(Debug)]
pub struct World {
    /// The embedded authorization server.
    pub server: AuthorizationServer,
    /// The clock of everything.
    pub clock: ManualClock,
}

impl World {
    /// Starts the server, with [`CLIENT_ID`] registered, its tokens for [`AUDIENCE`].
    pub async fn start() -> Self {
        Self::with(|server| server).await
    }

    /// The same, with a server of the test's own settings.
    pub async fn with(
        settings: impl FnOnce(AuthorizationServerBuilder) -> AuthorizationServerBuilder,
    ) -> Self {
        let clock = ManualClock::at(T0);
        let time = clock.clone();
        let server = AuthorizationServer::builder()
            .clock(move || time.system_time())
            .audience(AUDIENCE)
            .client(CLIENT_ID, CLIENT_SECRET);
        let server = settings(server).start().await.unwrap();
        Self { server, clock }
    }

    /// The server as a Keycloak realm, on the shared clock.
    pub fn realm(&self) -> IssuerBuilder {
        Realm::new(self.server.issuer())
            .unwrap()
            .audience(AUDIENCE)
            .clock(self.clock.clone())
    }

    /// How often the server was asked about this token.
    pub fn calls_about(&self, token: &str) -> usize {
        let requests = self.server.requests(Endpoint::Introspection);
        let asked = requests
            .iter()
            .filter(|request| request.form_value("token").as_deref() == Some(token));
        asked.count()
    }

    /// The same with credentials for introspection.
    pub fn asking(&self) -> IssuerBuilder<WithCredentials> {
        self.realm().client_secret(CLIENT_ID, CLIENT_SECRET)
    }

    /// The same for a service that is told of what ends.
    pub fn told(&self) -> IssuerBuilder<WithCredentials> {
        self.asking().logout_audiences([FRONT_END])
    }

    /// How often the server was asked about tokens.
    pub fn calls(&self) -> usize {
        self.server.request_count(Endpoint::Introspection)
    }
}

/// A protected service: `GET /` answers with the claims, `POST /` with nothing, `POST /active`
/// only after the server was asked.
pub fn protected(verifier: impl TokenVerifier) -> Router {
    Router::new()
        .route("/", get(claims).post(|| async {}))
        .route(
            "/active",
            post(|| async {}).route_layer(RequireActiveLayer::live()),
        )
        .layer(AuthenticateLayer::new(verifier).answer_grpc())
}

async fn claims(Claims(claims): Claims<Value>) -> Json<Value> {
    Json((*claims).clone())
}
