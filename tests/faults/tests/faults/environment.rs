//! What the tests share: one Keycloak with the realm `shop`, and one runtime that outlives every single
//! test.

use std::{future::Future, net::Ipv4Addr, time::Duration};

use portcullis::{Clock, IssuerBuilder, WithCredentials};
use portcullis_faults_suite::{FaultProxy, SUITE, SuiteError, serve, until};
use portcullis_keycloak_suite::{Client, Distribution, Realm, RealmAdmin, Server, Tokens, User};
use portcullis_real_servers::Shared;
use serde_json::json;
use tokio::{net::TcpListener, sync::Mutex, task::AbortHandle};

use crate::service::Service;

pub(crate) const SHOP_WEB: Client<'static> = Client::public("shop-web");
pub(crate) const ORDERS_API: Client<'static> = Client::confidential("orders-api", "orders-secret");

/// For whatever takes a moment, on a machine with other things to do.
pub(crate) const LIMIT: Duration = Duration::from_secs(120);

static SHARED: Shared<Environment> = Shared::new(SUITE, || Box::pin(Environment::new()));

pub(crate) struct Environment {
    pub(crate) server: Mutex<Server>,
    pub(crate) port: u16,
    pub(crate) realm: Realm,
    pub(crate) admin: RealmAdmin,
}

/// Runs a test beside others. Where nothing can run Keycloak that is said aloud, and is a failure under
/// `CI=true`.
pub(crate) fn run<F: Future<Output = ()>>(test: impl FnOnce(&'static Environment) -> F) {
    SHARED.run(test).unwrap_or_else(|why| panic!("{why}"));
}

/// Runs a test while no other test runs: one that takes Keycloak away.
pub(crate) fn run_alone<F: Future<Output = ()>>(test: impl FnOnce(&'static Environment) -> F) {
    SHARED.run_alone(test).unwrap_or_else(|why| panic!("{why}"));
}

impl Environment {
    async fn new() -> Result<Self, SuiteError> {
        let server = Server::start(&Distribution::find().await?).await?;
        let admin = server.admin()?.import_shop("shop").await?;
        // Whichever way it is asked: by itself it goes by the address.
        admin.set_frontend_url(&server.base_url()).await?;
        // Longer than any test has the clock go on.
        admin.set_token_lifespan(1800).await?;
        // Nobody guesses these passwords, and to hash them well takes longer than all the rest of a login.
        let policy = "hashAlgorithm(pbkdf2-sha256) and hashIterations(1)";
        admin
            .patch_realm(&json!({ "passwordPolicy": policy }))
            .await?;
        Ok(Self {
            admin,
            port: server.port(),
            realm: Realm::new(&server, "shop")?,
            server: Mutex::new(server),
        })
    }

    /// A new user, logged in.
    pub(crate) async fn logged_in(&self, name: &str) -> (User, Tokens) {
        let user = self.admin.create_user(name, &[]).await.unwrap();
        let tokens = self.realm.log_in(SHOP_WEB, &user).await.unwrap();
        (user, tokens)
    }

    /// A copy of the realm for one test alone, with its administrator.
    pub(crate) async fn own_realm(&self, name: &str) -> (Realm, RealmAdmin) {
        let server = self.server.lock().await;
        let admin = server.admin().unwrap().import_shop(name).await.unwrap();
        (Realm::new(&server, name).unwrap(), admin)
    }

    /// The settings of a service of this realm.
    pub(crate) fn issuer(&self, clock: &(impl Clock + Clone)) -> IssuerBuilder<WithCredentials> {
        portcullis::Realm::new(self.realm.issuer())
            .unwrap()
            .audience(ORDERS_API.id)
            .client_secret(ORDERS_API.id, ORDERS_API.secret.unwrap())
            .clock(clock.clone())
    }

    /// A way to Keycloak, and the address of this endpoint by it.
    pub(crate) async fn proxy(&self, endpoint: &str) -> (FaultProxy, String) {
        let proxy = FaultProxy::before(self.port).await.unwrap();
        let (_, path) = endpoint.split_once("/realms").unwrap();
        let address = format!("http://{}/realms{path}", proxy.address());
        (proxy, address)
    }

    /// Has Keycloak tell this service when a session of the client ends, until what is given back is
    /// dropped.
    pub(crate) async fn tell(&self, client: Client<'_>, service: &Service) -> Told {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let url = format!("http://{address}/backchannel-logout");
        let told = tokio::spawn(serve(listener, service.receiver()));
        let set = self.admin.set_backchannel_logout_url(client.id, &url);
        set.await.unwrap();
        Told(told.abort_handle())
    }
}

/// A service that is told.
pub(crate) struct Told(AbortHandle);

impl Drop for Told {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Waits until something holds.
pub(crate) async fn eventually(what: &str, holds: impl AsyncFn() -> bool) {
    let probe = async || Ok(holds().await.then_some(()));
    until(what, LIMIT, probe)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
}
