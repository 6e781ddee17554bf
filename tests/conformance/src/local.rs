use std::sync::Arc;

use axum::Router;
use http::{Request, StatusCode, header};
use portcullis::{Authenticator, IssuerBuilder, JwtVerifier, Reason, RequestView};
use portcullis_testing::{AuthorizationServer, SigningAlgorithm};

use crate::{Reply, World, get, protected};

/// A world whose JWTs are verified locally, with the keys already here: whatever is refused from
/// now on has to be refused without a request.
#[derive(Debug)]
pub struct LocalWorld {
    /// The world.
    pub world: World,
    verifier: JwtVerifier,
    router: Router,
}

impl LocalWorld {
    /// With the settings of [`World::realm`].
    pub async fn start() -> Self {
        Self::with(|realm| realm).await
    }

    /// With settings of the test's own.
    pub async fn with(configure: impl FnOnce(IssuerBuilder) -> IssuerBuilder) -> Self {
        Self::on(World::start().await, configure).await
    }

    /// On a world that was prepared: its key set is fetched as it is now.
    pub async fn on(world: World, configure: impl FnOnce(IssuerBuilder) -> IssuerBuilder) -> Self {
        let issuer = configure(world.realm()).connect().await.unwrap();
        world.server.clear_requests();
        Self {
            verifier: issuer.jwt(),
            router: protected(issuer.jwt()),
            world,
        }
    }

    /// The authorization server.
    #[must_use]
    pub fn server(&self) -> &AuthorizationServer {
        &self.world.server
    }

    /// The protected service.
    pub fn router(&self) -> &Router {
        &self.router
    }

    /// The id of the key that signs RS256.
    #[must_use]
    pub fn key_id(&self) -> String {
        let key = self.server().signing_key(SigningAlgorithm::RS256);
        key.key_id().to_owned()
    }

    /// `GET /` with the token.
    pub async fn get(&self, token: &str) -> Reply {
        get(&self.router, token).await
    }

    /// Asserts that the handler is reached; `case` tells which of several tokens this is.
    pub async fn accepts(&self, token: &str, case: &str) {
        let reply = self.get(token).await;
        assert_eq!(reply.status, StatusCode::OK, "{case}: {reply:?}");
    }

    /// Asserts 401 `invalid_token`.
    pub async fn refuses(&self, token: &str, case: &str) {
        let reply = self.get(token).await;
        let answer = (reply.status, reply.challenge().and_then(|_| reply.error()));
        let expected = (StatusCode::UNAUTHORIZED, Some("invalid_token".to_owned()));
        assert_eq!(answer, expected, "{case}: {reply:?}");
    }

    /// Asserts 401 `invalid_token` without any request to the server.
    pub async fn refuses_unasked(&self, token: &str, case: &str) {
        let before = self.server().total_request_count();
        self.refuses(token, case).await;
        let asked = self.server().total_request_count() - before;
        assert_eq!(asked, 0, "{case}: the server was asked");
    }

    /// Why the token is refused. Panics when it is not.
    pub async fn reason(&self, token: &str) -> Reason {
        let request = Request::get("/")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(())
            .unwrap();
        let authenticator = Arc::new(Authenticator::new(self.verifier.clone()));
        let outcome = authenticator
            .authenticate(RequestView::from(&request))
            .await;
        outcome.unwrap_err().reason()
    }
}
