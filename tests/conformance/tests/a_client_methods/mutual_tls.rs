//! A13: a certificate of our own (RFC 8705), over real TLS.

use http::StatusCode;
use portcullis::{
    CanAsk, ClientAuthentication, ClientCertificate, Issuer, IssuerBuilder, ReqwestClient,
    WithCredentials,
};
use portcullis_conformance::{AUDIENCE, CapturedLog, World, get, protected};
use portcullis_testing::{
    AuthorizationServerBuilder, Client, ClientCertificate as Made, Endpoint, RecordedRequest,
};
use tracing::Level;

pub(crate) const ID: &str = "rs client";

/// A world over TLS, with a client that authenticates by its certificate.
struct Secured {
    world: World,
    own: Made,
}

impl Secured {
    async fn start() -> Self {
        let world = World::with(AuthorizationServerBuilder::tls).await;
        let own = world.server.client_certificate(ID).unwrap();
        let client = Client::public(ID).certificate(&own);
        world.server.add_client(client);
        Self { world, own }
    }

    /// An issuer that trusts the server.
    fn trusting(&self) -> IssuerBuilder {
        let root = self.world.server.root_certificate().unwrap();
        self.world.realm().root_certificate(root)
    }

    fn asking(&self, certificate: &Made) -> IssuerBuilder<WithCredentials> {
        let certificate = ClientCertificate::from_pem(pem(certificate)).unwrap();
        self.trusting().client_certificate(ID, certificate)
    }

    async fn status(&self, issuer: IssuerBuilder<WithCredentials>) -> StatusCode {
        let token = self.world.server.token().opaque();
        status(&issuer.build().unwrap(), &token).await
    }
}

fn pem(made: &Made) -> String {
    made.certificate_pem() + &made.private_key_pem()
}

pub(crate) async fn status(issuer: &Issuer<CanAsk>, token: &str) -> StatusCode {
    get(&protected(issuer.introspection()), token).await.status
}

/// The request says who asks by the client id, and by nothing else that it has in it.
pub(crate) fn assert_goes_with_the_client_id_alone(request: &RecordedRequest) {
    assert!(!request.headers.contains_key("authorization"));
    let names: Vec<_> = request.form().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["token", "client_id"]);
    assert_eq!(request.form_value("client_id").as_deref(), Some(ID));
}

#[tokio::test]
async fn a13_behind_a_private_authority_two_settings_are_all_it_takes() {
    let secured = Secured::start().await;
    // Metadata, keys and answers all come over the same TLS.
    let issuer = secured.asking(&secured.own).connect().await.unwrap();
    let server = &secured.world.server;
    let jwt = get(&protected(issuer.jwt()), &server.token().jwt()).await;
    assert_eq!(jwt.status, StatusCode::OK);
    let opaque = status(&issuer, &server.token().opaque()).await;
    assert_eq!(opaque, StatusCode::OK);
    let requests = server.requests(Endpoint::Introspection);
    assert_goes_with_the_client_id_alone(&requests[0]);
    let shown = requests[0].client_certificate.as_deref();
    assert_eq!(shown, Some(secured.own.certificate_der()));
}

#[tokio::test]
async fn a13_a_server_of_another_authority_is_sent_nothing() {
    let (secured, other) = (Secured::start().await, Secured::start().await);
    let certificate = ClientCertificate::from_pem(pem(&secured.own)).unwrap();
    let root = other.world.server.root_certificate().unwrap();
    let realm = || secured.world.realm();
    for issuer in [realm(), realm().root_certificate(root)] {
        let issuer = issuer.client_certificate(ID, certificate.clone());
        assert!(issuer.clone().connect().await.is_err());
        let status = secured.status(issuer).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    }
    assert_eq!(secured.world.server.total_request_count(), 0);
}

#[tokio::test]
async fn a13_without_the_clients_certificate_it_is_our_mistake() {
    let secured = Secured::start().await;
    let none = ClientAuthentication::tls_client_auth(ID).unwrap();
    let anothers = secured.world.server.client_certificate(ID).unwrap();
    for issuer in [
        secured.trusting().client_authentication(none),
        secured.asking(&anothers),
    ] {
        let status = secured.status(issuer).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    }
}

#[tokio::test]
async fn a13_a_certificate_that_the_server_does_not_trust_is_503_and_the_log_knows_the_cure() {
    let (secured, other) = (Secured::start().await, Secured::start().await);
    let logs = CapturedLog::start();
    let endpoint = secured.world.server.url(Endpoint::Introspection);
    let issuer = secured.asking(&other.own).introspection_endpoint(endpoint);
    let status = secured.status(issuer).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(secured.world.server.total_request_count(), 0);
    let lines = logs.matching(Level::ERROR, "renew the client certificate");
    assert_eq!(lines.len(), 1, "{:?}", logs.lines());
}

#[tokio::test]
async fn a13_what_does_not_go_together_fails_the_build() {
    let secured = Secured::start().await;
    let builder = || {
        Issuer::builder("https://id.example.com")
            .unwrap()
            .audience(AUDIENCE)
    };
    let certificate = ClientCertificate::from_pem(pem(&secured.own)).unwrap();
    let alone = builder().client_certificate(ID, certificate.clone());
    assert!(alone.build().is_ok());
    let own_client = || builder().http_client(ReqwestClient::new().unwrap());
    let beside = own_client().client_certificate(ID, certificate);
    let error = beside.build().map(drop).unwrap_err();
    assert_eq!(error.setting(), "client_certificate");
    assert!(error.to_string().contains("tls_client_auth"), "{error}");

    let root = secured.world.server.root_certificate().unwrap();
    assert!(builder().root_certificate(&root).build().is_ok());
    let beside = own_client().root_certificate(&root);
    let error = beside.build().map(drop).unwrap_err();
    assert_eq!(error.setting(), "root_certificate");
    assert!(error.to_string().contains("ReqwestClient"), "{error}");
    for text in ["", "no certificate"] {
        let error = builder().root_certificate(text).build().map(drop);
        assert_eq!(error.unwrap_err().setting(), "root_certificate");
    }

    let stranger = secured.world.server.client_certificate(ID).unwrap();
    let (own, strangers) = (secured.own.certificate_pem(), stranger.private_key_pem());
    let mismatch = ClientCertificate::from_pem(format!("{own}{strangers}")).unwrap();
    let issuer = builder().client_certificate(ID, mismatch).build();
    assert!(issuer.is_err(), "the key is of another certificate");
    assert!(ClientCertificate::from_pem(own).is_err());
    assert!(ClientCertificate::from_pem(strangers).is_err());
}
