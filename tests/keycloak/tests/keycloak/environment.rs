//! What the tests share: one Keycloak with the realm `shop`, one example in front of it, and one
//! runtime that outlives every single test.

use std::{
    future::Future,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use portcullis_keycloak_suite::{
    Admin, Answer, Client, Distribution, Example, Realm, RealmAdmin, SUITE, Server, Settings,
    SuiteError, Template, Tokens, User, until,
};
use portcullis_real_servers::Shared;
use reqwest::{Method, StatusCode};
use tokio::sync::{Mutex, OnceCell};

use crate::log;

pub(crate) const SHOP_WEB: Client<'static> = Client::public("shop-web");
pub(crate) const SHOP_MOBILE: Client<'static> =
    Client::confidential("shop-mobile", "mobile-secret");
pub(crate) const CANARY: Client<'static> =
    Client::confidential("portcullis-canary", "canary-secret");
pub(crate) const ORDERS_API: Client<'static> = Client::confidential("orders-api", "orders-secret");
pub(crate) const ORDERS_API_ODD: Client<'static> = Client::confidential("orders-api-odd", "%+: /é");
pub(crate) const STOCK_API: Client<'static> = Client::confidential("stock-api", "stock-secret");
pub(crate) const WAREHOUSE: Client<'static> = Client::confidential("warehouse", "warehouse-secret");

/// For whatever should be so at once, on a machine with other things to do.
pub(crate) const SOON: Duration = Duration::from_secs(10);

static SHARED: Shared<Environment> = Shared::new(SUITE, || Box::pin(Environment::new()));

pub(crate) struct Environment {
    pub(crate) server: Mutex<Server>,
    pub(crate) shop: Realm,
    /// The same realm at its https address.
    pub(crate) shop_over_tls: Realm,
    pub(crate) admin: RealmAdmin,
    administrator: Admin,
    example: OnceCell<Example>,
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
        log::listen();
        let server = Server::start(&Distribution::find().await?).await?;
        let administrator = server.admin()?;
        Ok(Self {
            admin: administrator.import_shop("shop").await?,
            administrator,
            shop: Realm::new(&server, "shop")?,
            shop_over_tls: Realm::over_tls(&server, "shop")?,
            server: Mutex::new(server),
            example: OnceCell::new(),
        })
    }

    /// The example that most tests share: audience and client `orders-api`.
    pub(crate) async fn example(&self) -> &Example {
        let example = self
            .example
            .get_or_try_init(|| own_example(&self.shop, "orders-api", ORDERS_API));
        example.await.expect("the example")
    }

    /// A copy of the realm `shop` for one test alone, with its administrator.
    pub(crate) async fn own_realm(&self, name: &str) -> (Realm, RealmAdmin) {
        let admin = self.administrator.import_shop(name).await;
        // Others need the server meanwhile: to create a realm takes a while.
        let server = self.server.lock().await;
        let realm = Realm::new(&server, name).expect("a client");
        (realm, admin.expect("a realm"))
    }

    /// A user whom no other test knows.
    pub(crate) async fn user(&self, name: &str, realm_roles: &[&str]) -> User {
        self.admin
            .create_user(name, realm_roles)
            .await
            .expect("a user")
    }

    /// A new user, logged in through `shop-web`.
    pub(crate) async fn logged_in(&self, name: &str, realm_roles: &[&str]) -> (User, Tokens) {
        let user = self.user(name, realm_roles).await;
        let tokens = self.shop.log_in(SHOP_WEB, &user).await.expect("tokens");
        (user, tokens)
    }
}

/// An example for one test alone.
pub(crate) async fn own_example(
    realm: &Realm,
    audience: &str,
    client: Client<'_>,
) -> Result<Example, SuiteError> {
    Example::start(Settings {
        template: Template::Keycloak,
        issuer: realm.issuer(),
        audience,
        client_id: client.id,
        client_secret: client.secret.unwrap_or_default(),
        variables: Vec::new(),
        port: None,
    })
    .await
}

/// Seconds after the Unix epoch.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("a time after 1970").as_secs()
}

/// Asserts one answer's status, with all there is to know if it is another one.
#[track_caller]
pub(crate) fn assert_status(answer: &Answer, expected: StatusCode) {
    assert_eq!(answer.status, expected, "{answer:#?}");
}

/// 401 with a challenge that names `invalid_token`, in header and body.
#[track_caller]
pub(crate) fn assert_invalid_token(answer: &Answer) {
    assert_status(answer, StatusCode::UNAUTHORIZED);
    let challenge = answer.challenge();
    assert!(challenge.starts_with("Bearer "), "{answer:#?}");
    assert!(
        challenge.contains(r#"error="invalid_token""#),
        "{answer:#?}"
    );
    assert_eq!(answer.json()["error"], "invalid_token", "{answer:#?}");
}

pub(crate) async fn orders(example: &Example, token: &str) -> Answer {
    example.get("/orders", token).await.expect("an answer")
}

pub(crate) async fn payments(example: &Example, token: &str) -> Answer {
    example.post("/payments", token).await.expect("an answer")
}

/// Asks again and again until the status is as expected.
pub(crate) async fn until_status(
    example: &Example,
    method: Method,
    path: &str,
    token: &str,
    expected: StatusCode,
    limit: Duration,
) -> Answer {
    let authorization = format!("Bearer {token}");
    let what = format!("{method} {path} should answer {expected}");
    let answer = until(&what, limit, async || {
        let answer = example
            .send(method.clone(), path, Some(&authorization))
            .await?;
        Ok((answer.status == expected).then_some(answer))
    });
    answer.await.unwrap_or_else(|error| panic!("{error}"))
}
