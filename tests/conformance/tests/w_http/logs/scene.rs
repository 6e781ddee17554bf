use axum::Router;
use portcullis::{CanAsk, HttpClient, Issuer};
use portcullis_conformance::{Reply, World, get, post_active};
use portcullis_testing::{AuthorizationServerBuilder, Client, TokenBuilder};

use super::{everything::Everything, secrets::Secrets};

pub(super) const ID: &str = "rs client";
pub(super) const SECRET: &str = "p@ss:w%rd+/é-hush";

/// A world whose client has a secret worth looking for, and all that must not be found.
pub(super) struct Scene {
    pub(super) world: World,
    pub(super) secrets: Secrets,
    log: Everything,
}

impl Scene {
    pub(super) async fn set() -> Self {
        Self::with(|server| server).await
    }

    /// The same, with a server of the test's own settings.
    pub(super) async fn with(
        settings: impl FnOnce(AuthorizationServerBuilder) -> AuthorizationServerBuilder,
    ) -> Self {
        let log = Everything::start();
        let world = World::with(settings).await;
        world.server.add_client(Client::new(ID, SECRET));
        let mut secrets = Secrets::default();
        secrets.client(ID, SECRET);
        Self {
            world,
            secrets,
            log,
        }
    }

    pub(super) fn issuer(&self) -> Issuer<CanAsk> {
        let realm = self.world.realm().client_secret(ID, SECRET);
        realm.build().unwrap()
    }

    pub(super) fn issuer_through(&self, http: impl HttpClient) -> Issuer<CanAsk> {
        let realm = self.world.realm().client_secret(ID, SECRET);
        realm.http_client(http).build().unwrap()
    }

    pub(super) fn posting_issuer(&self) -> Issuer<CanAsk> {
        let realm = self.world.realm().client_secret_post(ID, SECRET);
        realm.build().unwrap()
    }

    pub(super) fn mint(&self) -> TokenBuilder {
        self.world.server.token()
    }

    /// Presents a token on both routes of an API.
    pub(super) async fn present(&mut self, router: &Router, token: &str) -> [Reply; 2] {
        self.secrets.token(token);
        [get(router, token).await, post_active(router, token).await]
    }

    /// Looks through all that was logged. That something was, and that a leak would have been
    /// found, is seen to as well.
    pub(super) fn assert_nothing_leaked(&self, expected: &[&str]) {
        let text = self.log.text();

        for expected in expected {
            assert!(
                text.contains(expected),
                "no line says {expected:?}:\n{text}"
            );
        }
        self.secrets.assert_absent_from(&text);
        tracing::trace!("a planted {SECRET} is found");
        assert_ne!(self.secrets.found_in(&self.log.text()).count(), 0);
    }
}
