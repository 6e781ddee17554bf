//! Servers that cannot be reached, are in trouble, or speak something else than is asked.

use portcullis_testing::{AuthorizationServer, Endpoint, Fault};

use crate::support::{Doctor, Folder};

#[tokio::test]
async fn nobody_at_the_address_is_no_verdict() {
    let server = AuthorizationServer::start().await.unwrap();
    let issuer = server.issuer().to_owned();
    drop(server);
    let examined = Doctor::for_issuer(&issuer)
        .client("orders-api", "secret-7f3a")
        .examine()
        .await;
    examined.assert_first_wrong("connection", "connection_refused");
    examined.assert_exit_code(3);
    examined.assert_check("credentials", "not_run", None);
}

#[tokio::test]
async fn a_server_in_trouble_is_no_verdict() {
    let server = AuthorizationServer::start().await.unwrap();
    server.inject(Endpoint::Discovery, Fault::status(502));
    let examined = Doctor::at(&server).examine().await;
    examined.assert_first_wrong("discovery", "server_in_trouble");
    examined.assert_exit_code(3);
    server.clear_faults(Endpoint::Discovery);
    server.inject(Endpoint::Jwks, Fault::status(502));
    let examined = Doctor::at(&server).examine().await;
    examined.assert_first_wrong("keys", "keys_unreachable");
    examined.assert_exit_code(3);
}

#[tokio::test]
async fn tls_where_there_is_none_and_none_where_it_is_wanted() {
    let server = AuthorizationServer::start().await.unwrap();
    let issuer = server.issuer().replace("http:", "https:");
    let examined = Doctor::for_issuer(&issuer).examine().await;
    examined.assert_first_wrong("tls", "no_tls");

    let server = AuthorizationServer::builder().tls().start().await.unwrap();
    let issuer = server.issuer().replace("https:", "http:");
    let examined = Doctor::for_issuer(&issuer).examine().await;
    examined.assert_first_wrong("connection", "no_http");

    let listener = tokio::net::TcpListener::bind("[::1]:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let answering = tokio::spawn(async move {
        loop {
            // Says nothing and goes.
            drop(listener.accept().await);
        }
    });
    let issuer = format!("https://[::1]:{port}/realms/test");
    let examined = Doctor::for_issuer(&issuer).examine().await;
    examined.assert_first_wrong("tls", "no_tls");
    answering.abort();

    let examined = Doctor::for_issuer("http://id.example.com/realms/test")
        .examine()
        .await;
    examined.assert_first_wrong("settings", "settings_refused");
    assert!(
        examined.check("settings")["what"]
            .as_str()
            .unwrap()
            .contains("https")
    );
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_named_until_it_is() {
    let server = AuthorizationServer::builder().tls().start().await.unwrap();
    let examined = Doctor::at(&server).examine().await;
    examined.assert_first_wrong("tls", "certificate_not_trusted");

    let folder = Folder::of("doctor");
    let path = folder.file("root.pem", &server.root_certificate().unwrap());
    let arguments = ["--root-certificate", &path];
    let examined = Doctor::at(&server).arguments(&arguments).examine().await;
    examined.assert_nothing_wrong();
    examined.assert_check("tls", "good", None);
}
