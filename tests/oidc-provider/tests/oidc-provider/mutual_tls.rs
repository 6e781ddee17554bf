//! Tokens that are bound to a client certificate (RFC 8705 §3), over real connections to a service
//! that is made as the template `axum-mutual-tls` makes it.

#[path = "../../../../examples/axum-mutual-tls/src/tls.rs"]
mod template;

use axum::{
    Router,
    routing::{get, post},
};
use http::StatusCode;
use portcullis::{
    AuthenticateLayer, CertificateSource, RequireActiveLayer, RequireBinding, ReqwestClient,
    TokenVerifier,
};
use portcullis_conformance::CapturedLog;
use portcullis_oidc_provider_suite::{Authority, Certificate, Client, Tls};
use reqwest::Identity;
use serde_json::json;
use tokio::net::TcpListener;

use crate::{
    serve::{Limits, serve},
    stop::Stop,
    world::{LEDGER, ORDERS, World},
};

/// The client whose tokens are bound.
const TILL: (&str, &str) = ("till", "till-secret");

struct Scene {
    world: World,
    authority: Authority,
    till: Certificate,
}

impl Scene {
    async fn set() -> Option<Self> {
        let authority = Authority::new().unwrap();
        let tls = authority.server().unwrap();
        let metadata = json!({
            "client_secret": TILL.1,
            "grant_types": ["client_credentials"],
            "tls_client_certificate_bound_access_tokens": true,
        });
        let world = World::with(|configuration| configuration.client(TILL.0, metadata).tls(tls));
        Some(Self {
            world: world.await?,
            till: authority.client(TILL.0).unwrap(),
            authority,
        })
    }

    /// A token that is bound to the till's certificate.
    async fn token(&self, resource: &str) -> String {
        let till = Client::new(&self.world.server, TILL.0, TILL.1).unwrap();
        let till = till.presenting(&self.till).unwrap();
        let token = till.client_credentials(Some(resource), "read").await;
        token.unwrap()
    }

    /// Services that can judge tokens for this resource: the server says nothing about its own
    /// JWTs.
    async fn services(&self, resource: &str) -> [Service<'_>; 2] {
        let root = self.authority.certificate();
        let http = ReqwestClient::builder().root_certificate(root).build();
        let issuer = self.world.asking().http_client(http.unwrap());
        let issuer = issuer.resource(LEDGER).build().unwrap();
        let hybrid = Service::start(&self.authority, issuer.hybrid()).await;
        match resource {
            LEDGER => [Service::start(&self.authority, issuer.jwt()).await, hybrid],
            _ => {
                let introspection = issuer.introspection();
                [Service::start(&self.authority, introspection).await, hybrid]
            }
        }
    }
}

/// A service that ends TLS itself: `GET /`, `GET /bound` for bound tokens alone, and `POST /active`
/// after the server was asked.
struct Service<'a> {
    authority: &'a Authority,
    url: String,
}

impl<'a> Service<'a> {
    async fn start(authority: &'a Authority, verifier: impl TokenVerifier) -> Self {
        let active = post(|| async {}).route_layer(RequireActiveLayer::live());
        let layer = AuthenticateLayer::new(verifier);
        let bound = get(|| async {}).route_layer(RequireBinding::certificate());
        let router = Router::new()
            .route("/", get(|| async {}))
            .route("/bound", bound)
            .route("/active", active)
            .layer(layer.client_certificate(CertificateSource::connection()));

        let Tls { cert, key, ca } = authority.server().unwrap();
        let config = template::server_config(cert.as_bytes(), key.as_bytes(), ca.as_bytes());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let serving = serve(listener, config.unwrap(), router, Stop, Limits::default());
        tokio::spawn(serving);
        Self { authority, url }
    }

    /// A client that shows this certificate, or none.
    fn client(&self, certificate: Option<&Certificate>) -> reqwest::Client {
        let root = reqwest::Certificate::from_pem(self.authority.certificate().as_bytes());
        let mut client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([root.unwrap()]);
        if let Some(certificate) = certificate {
            let identity = Identity::from_pem(certificate.pem().as_bytes());
            client = client.identity(identity.unwrap());
        }
        client.build().unwrap()
    }

    /// The status of each route.
    async fn ask(&self, certificate: Option<&Certificate>, token: &str) -> [StatusCode; 2] {
        let client = self.client(certificate);
        let ask = async |path: &str| {
            let request = client.get(format!("{}{path}", self.url)).bearer_auth(token);
            request.send().await.unwrap().status()
        };
        [ask("/").await, ask("/bound").await]
    }

    async fn ask_live(&self, certificate: Option<&Certificate>, token: &str) -> StatusCode {
        let client = self.client(certificate);
        let request = client.post(format!("{}/active", self.url));
        request.bearer_auth(token).send().await.unwrap().status()
    }
}

const OK: StatusCode = StatusCode::OK;
const REFUSED: StatusCode = StatusCode::UNAUTHORIZED;

#[tokio::test]
async fn a_bound_token_is_let_in_over_a_connection_with_its_certificate_alone() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let log = CapturedLog::start();
    let other = scene.authority.client(TILL.0).unwrap();
    for resource in [ORDERS, LEDGER] {
        let token = scene.token(resource).await;
        for service in scene.services(resource).await {
            let own = service.ask(Some(&scene.till), &token).await;
            assert_eq!(own, [OK, OK], "{resource}");
            for certificate in [Some(&other), None] {
                let refused = service.ask(certificate, &token).await;
                assert_eq!(refused, [REFUSED, REFUSED], "{resource}");
                assert_eq!(log.last_rejection().unwrap().0, "sender_constrained");
            }
        }
    }
}

#[tokio::test]
async fn what_introspection_says_of_the_certificate_counts() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let token = scene.token(ORDERS).await;
    let said = scene.world.shop.introspect(&token).await.unwrap();
    // Such a token is a bearer token by its type: what binds it is `cnf` alone.
    assert_eq!(said["token_type"], "Bearer");
    assert!(said["cnf"]["x5t#S256"].is_string(), "{said}");
    let other = scene.authority.client(TILL.0).unwrap();
    for service in scene.services(ORDERS).await {
        assert_eq!(service.ask_live(Some(&scene.till), &token).await, OK);
        assert_eq!(service.ask_live(Some(&other), &token).await, REFUSED);
        assert_eq!(service.ask_live(None, &token).await, REFUSED);
    }
}

#[tokio::test]
async fn a_token_that_is_bound_to_nothing_is_let_in_where_none_has_to_be() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let log = CapturedLog::start();
    for resource in [ORDERS, LEDGER] {
        let token = scene.world.token(resource).await;
        for service in scene.services(resource).await {
            for certificate in [Some(&scene.till), None] {
                let statuses = service.ask(certificate, &token).await;
                assert_eq!(statuses, [OK, REFUSED], "{resource}");
                assert_eq!(log.last_rejection().unwrap().0, "binding_required");
            }
        }
    }
}

#[tokio::test]
async fn without_a_certificate_the_server_gives_no_bound_token() {
    let Some(scene) = Scene::set().await else {
        return;
    };
    let till = Client::new(&scene.world.server, TILL.0, TILL.1).unwrap();
    let refused = till.client_credentials(Some(ORDERS), "read").await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("invalid_grant"), "{refused}");
}
