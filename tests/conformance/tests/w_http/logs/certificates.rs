//! A client that proves who it is by a certificate, over TLS.

use http::StatusCode;
use portcullis::{ClientAuthentication, ClientCertificate, Issuer, ReqwestClient};
use portcullis_conformance::protected;
use portcullis_testing::{AuthorizationServerBuilder, Client, Endpoint, Fault};

use super::scene::{ID, Scene};

#[tokio::test]
async fn w14_a_private_key_of_a_certificate_is_neither_logged_nor_printed() {
    let mut scene = Scene::with(AuthorizationServerBuilder::tls).await;
    let server = &scene.world.server;
    let own = server.client_certificate(ID).unwrap();
    let strange = server.client_certificate("a-stranger").unwrap();
    server.add_client(Client::public(ID).certificate(&own));
    let root = server.root_certificate().unwrap();
    for certificate in [&own, &strange] {
        scene.secrets.pem(&certificate.private_key_pem());
    }
    let together = |certificate: &str, key: &str| {
        let pem = format!("{certificate}{key}");
        ClientCertificate::from_pem(pem).unwrap()
    };
    let fitting = together(&own.certificate_pem(), &own.private_key_pem());
    let other = together(&strange.certificate_pem(), &strange.private_key_pem());
    let mixed = together(&own.certificate_pem(), &strange.private_key_pem());
    let builder = || ReqwestClient::builder().root_certificate(&root);

    let client = ClientAuthentication::tls_client_auth(ID).unwrap();
    for (certificate, expected) in [
        (&fitting, StatusCode::OK),
        (&other, StatusCode::INTERNAL_SERVER_ERROR),
    ] {
        let http = builder().client_certificate(certificate.clone());
        let printed = format!("{certificate:?} {http:?} {http:#?}");
        let http = http.build().unwrap();
        let issuer = scene.asking_by(&client).http_client(http.clone());
        let printed = format!("{printed} {http:?} {http:#?} {issuer:?}");
        let issuer = issuer.build().unwrap();
        let router = protected(issuer.introspection());
        let token = scene.mint().opaque();
        let [reply, _] = scene.present(&router, &token).await;
        assert_eq!(reply.status, expected);
        let fault = Fault::drop_before_answer();
        scene.world.server.inject(Endpoint::Introspection, fault);
        let token = scene.mint().opaque();
        for reply in scene.present(&router, &token).await {
            assert!(reply.status.is_server_error(), "{reply:?}");
        }
        scene.world.server.clear_faults(Endpoint::Introspection);
        let printed = format!(
            "{printed} {issuer:?} {issuer:#?} {:#?}",
            issuer.introspection()
        );
        scene.secrets.assert_absent_from(&printed);
    }
    let refused = [
        builder().client_certificate(mixed.clone()).build().err(),
        Issuer::builder("https://id.example.com")
            .unwrap()
            .audience("orders-api")
            .client_certificate(ID, mixed)
            .build()
            .err(),
    ];
    for error in refused {
        let error = error.unwrap();
        tracing::error!(%error, ?error, "the build fails");
    }
    scene.assert_nothing_leaked(&["the build fails", "client_credentials_refused"]);
}

#[tokio::test]
async fn w14_a_start_at_a_server_that_is_not_trusted_shows_no_private_key() {
    let mut scene = Scene::with(AuthorizationServerBuilder::tls).await;
    let own = scene.world.server.client_certificate(ID).unwrap();
    scene.secrets.pem(&own.private_key_pem());
    let pem = format!("{}{}", own.private_key_pem(), own.certificate_pem());
    let certificate = ClientCertificate::from_pem(pem).unwrap();
    // It trusts the authorities of the operating system.
    let issuer = scene.world.realm().client_certificate(ID, certificate);
    let printed = format!("{issuer:?} {issuer:#?}");
    let error = issuer.connect().await.err().unwrap();
    tracing::error!(%error, ?error, "the start fails");
    scene.secrets.assert_absent_from(&printed);
    scene.assert_nothing_leaked(&["the start fails", "nothing is sent to the"]);
}

const PASSWORD: &str = "a-proxys-password";

#[tokio::test]
async fn w14_a_password_of_a_proxy_is_neither_logged_nor_printed() {
    let mut scene = Scene::set().await;
    scene.secrets.client("admin", PASSWORD);
    // Nobody listens there.
    let proxy = format!("http://admin:{PASSWORD}@127.0.0.1:1");
    let builder = ReqwestClient::builder().proxy(proxy);
    let http = builder.clone().build().unwrap();
    let issuer = scene.issuer_through(http.clone());
    let token = scene.mint().opaque();
    for reply in scene.present(&protected(issuer.hybrid()), &token).await {
        reply.assert_unavailable();
    }
    for printed in [
        format!("{builder:?} {builder:#?}"),
        format!("{http:?} {http:#?}"),
        format!("{issuer:?} {issuer:#?} {:?}", issuer.hybrid()),
    ] {
        scene.secrets.assert_absent_from(&printed);
    }
    scene.assert_nothing_leaked(&[" TRACE "]);
}
