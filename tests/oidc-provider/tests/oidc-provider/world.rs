//! What a test begins with.

use std::sync::OnceLock;

use axum::Router;
use portcullis::{Issuer, IssuerBuilder, WithCredentials};
use portcullis_conformance::{Reply, get, protected};
use portcullis_oidc_provider_suite::{
    Client, Configuration, Resource, SUITE, Server, SuiteError, Tokens,
};
use serde_json::json;

/// A resource whose tokens are opaque.
pub(crate) const ORDERS: &str = "https://orders.example";
/// Another one.
pub(crate) const STOCK: &str = "https://stock.example";
/// A resource whose tokens are JWTs.
pub(crate) const LEDGER: &str = "https://ledger.example";

/// What this server can sign with.
pub(crate) const ALGORITHMS: [&str; 4] = ["RS256", "PS256", "ES256", "EdDSA"];

/// The client that the service introspects as. Its id and secret have characters that
/// RFC 6749 §2.3.1 wants encoded.
pub(crate) const ORDERS_API: (&str, &str) = ("orders api:1", "p%ss+w:rd/ e and the rest of it");
/// The client that tokens are issued to.
const SHOP: (&str, &str) = ("shop", "shop-secret");

pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) shop: Client,
}

impl World {
    /// `None` where nothing can run the server, which is said aloud and is a failure under
    /// `CI=true`.
    pub(crate) async fn start() -> Option<Self> {
        Self::with(|configuration| configuration).await
    }

    /// With settings of the test's own.
    pub(crate) async fn with(
        settings: impl FnOnce(Configuration) -> Configuration,
    ) -> Option<Self> {
        let (id, secret) = ORDERS_API;
        let configuration = Configuration::default()
            .resource(ORDERS, Resource::opaque("read write"))
            .resource(STOCK, Resource::opaque("read"))
            .resource(LEDGER, Resource::jwt("read", "RS256"))
            .client(id, json!({ "client_secret": secret }))
            .client(
                SHOP.0,
                json!({
                    "client_secret": SHOP.1,
                    "grant_types": ["client_credentials", "refresh_token"],
                }),
            );
        let server = match Server::start(settings(configuration)).await {
            Ok(server) => server,
            Err(SuiteError::Unavailable(reason)) => {
                static SAID: OnceLock<Result<(), String>> = OnceLock::new();
                let said = SAID.get_or_init(|| SUITE.skip(&reason));
                said.as_ref().unwrap_or_else(|line| panic!("{line}"));
                return None;
            }
            Err(error) => panic!("{error}"),
        };
        Some(Self {
            shop: Client::new(&server, SHOP.0, SHOP.1).unwrap(),
            server,
        })
    }

    /// The server's tokens for [`ORDERS`], without credentials to ask about them.
    pub(crate) fn local(&self) -> IssuerBuilder {
        Issuer::builder(self.server.issuer())
            .unwrap()
            .resource(ORDERS)
    }

    /// The same with the credentials of [`ORDERS_API`].
    pub(crate) fn asking(&self) -> IssuerBuilder<WithCredentials> {
        self.local().client_secret(ORDERS_API.0, ORDERS_API.1)
    }

    /// A service that introspects every token, and one that introspects those that are no JWT.
    pub(crate) fn services(&self) -> [(&'static str, Router); 2] {
        services(self.asking())
    }

    /// A token of the shop itself for a resource.
    pub(crate) async fn token(&self, resource: &str) -> String {
        let token = self.shop.client_credentials(Some(resource), "read").await;
        token.unwrap()
    }

    /// Tokens of a user who lets the shop use [`ORDERS`].
    pub(crate) async fn alice(&self) -> Tokens {
        self.shop
            .user_tokens("alice", ORDERS, "read")
            .await
            .unwrap()
    }
}

/// A service that introspects every token, and one that introspects those that are no JWT.
pub(crate) fn services(issuer: IssuerBuilder<WithCredentials>) -> [(&'static str, Router); 2] {
    let issuer = issuer.build().unwrap();
    [
        ("introspection", protected(issuer.introspection())),
        ("hybrid", protected(issuer.hybrid())),
    ]
}

/// `GET /` until it has this status, for what takes a while.
pub(crate) async fn until_status(service: &Router, token: &str, status: http::StatusCode) -> Reply {
    use std::time::Duration;

    let what = format!("GET / should answer {status}");
    let reply = portcullis_oidc_provider_suite::until(&what, Duration::from_secs(30), async || {
        let reply = get(service, token).await;
        Ok((reply.status == status).then_some(reply))
    });
    reply.await.unwrap()
}
