//! Clocks that differ: by a token that proves it, by one that is issued for that, by a `Date`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use portcullis_testing::{
    AuthorizationServer, Client, Endpoint, Fault, SigningAlgorithm, SigningKey,
};

use tokio::net::{TcpListener, TcpStream};

use crate::support::{Doctor, Folder};

/// A server whose clock is so many seconds ahead of the doctor's.
async fn server(ahead: i64) -> AuthorizationServer {
    let clock = move || {
        let offset = Duration::from_secs(ahead.unsigned_abs());
        if ahead < 0 {
            SystemTime::now() - offset
        } else {
            SystemTime::now() + offset
        }
    };
    let server = AuthorizationServer::builder().clock(clock);
    server.start().await.unwrap()
}

/// What Keycloak's own answers are like.
fn leave_dates_out(server: &AuthorizationServer) {
    for endpoint in Endpoint::ALL {
        server.inject(endpoint, Fault::headers().without_header("date"));
    }
}

fn doctor(server: &AuthorizationServer) -> Doctor<'_> {
    Doctor::at(server).client("orders-api", "orders-secret")
}

#[tokio::test]
async fn a_clock_that_is_ahead_shows_by_a_token_that_is_issued_for_that() {
    let server = server(-290).await;
    leave_dates_out(&server);
    // Five minutes long, and good here within the leeway: nothing else tells.
    let token = server.token().jwt();
    let examined = doctor(&server).token(&token).examine().await;
    examined.assert_first_wrong("clock", "clock_off");
    assert!(
        examined.check("clock")["what"]
            .as_str()
            .unwrap()
            .contains("ahead of"),
        "{examined:#?}"
    );
    assert_eq!(server.request_count(Endpoint::Token), 1);
}

/// By whatever way it proves itself, the client is issued one.
#[tokio::test]
async fn a_clock_shows_to_a_client_with_a_key_as_well() {
    let server = server(0).await;
    leave_dates_out(&server);
    let key = SigningKey::generate(SigningAlgorithm::ES256);
    server.add_client(Client::with_public_key("by-key", &key));
    let folder = Folder::of("clock");
    let path = folder.file("key.jwk", &key.private_jwk().to_string());
    let key = ["--client-id", "by-key", "--client-key", &path];
    let examined = Doctor::at(&server).arguments(&key).examine().await;
    examined.assert_check("clock", "good", None);
    assert_eq!(server.request_count(Endpoint::Token), 1);
}

/// Servers have the endpoints for clients with certificates at a port of their own (RFC 8705 §5).
#[tokio::test]
async fn a_clock_shows_by_a_token_from_another_port_of_the_issuers_host_and_from_no_other_host() {
    let server = AuthorizationServer::builder().tls().audience("orders-api");
    let server = server.start().await.unwrap();
    let certificate = server.client_certificate("orders-api").unwrap();
    server.add_client(Client::new("orders-api", "unused").certificate(&certificate));
    let port: u16 = server.origin().rsplit(':').next().unwrap().parse().unwrap();
    let relay = Relay::to(port).await;
    let folder = Folder::of("alias");
    let root = folder.file("root.pem", &server.root_certificate().unwrap());
    let both = certificate.certificate_pem() + &certificate.private_key_pem();
    let both = folder.file("own.pem", &both);
    let own = server.url(Endpoint::Token);
    let at_the_port = own.replace(&port.to_string(), &relay.port.to_string());
    let at_another_host = at_the_port.replace("127.0.0.1", "localhost");
    assert_ne!(at_the_port, at_another_host);
    for (alias, asked) in [(at_another_host, 0), (at_the_port, 1)] {
        let aliases = serde_json::json!({ "mtls_endpoint_aliases": { "token_endpoint": alias } });
        server.patch_discovery(&aliases);
        let arguments = [
            "--root-certificate",
            &root,
            "--client-id",
            "orders-api",
            "--client-certificate",
            &both,
        ];
        let doctor = Doctor::at(&server).arguments(&arguments);
        doctor.examine().await.assert_check("clock", "good", None);
        assert_eq!(relay.accepted.load(Ordering::SeqCst), asked, "{alias}");
        assert_eq!(server.request_count(Endpoint::Token), asked, "{alias}");
    }
}

/// Another port that leads to the same server.
struct Relay {
    port: u16,
    accepted: Arc<AtomicUsize>,
}

impl Relay {
    async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let relay = Self {
            port: listener.local_addr().unwrap().port(),
            accepted: Arc::default(),
        };
        let accepted = relay.accepted.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                accepted.fetch_add(1, Ordering::SeqCst);
                let mut inner = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                tokio::spawn(async move {
                    let _ = tokio::io::copy_bidirectional(&mut stream, &mut inner).await;
                });
            }
        });
        relay
    }
}

#[tokio::test]
async fn clocks_that_agree_do_so_without_a_date_too() {
    let server = server(0).await;
    leave_dates_out(&server);
    let examined = doctor(&server).examine().await;
    examined.assert_nothing_wrong();
    examined.assert_check("clock", "good", None);
    let examined = Doctor::at(&server).examine().await;
    examined.assert_check("clock", "notable", Some("no_date"));
}

#[tokio::test]
async fn the_date_of_a_proxy_counts_less_than_a_token() {
    let server = server(300).await;
    let date = httpdate::fmt_http_date(SystemTime::now());
    for endpoint in [Endpoint::Discovery, Endpoint::Jwks, Endpoint::Introspection] {
        server.inject(endpoint, Fault::headers().header("date", &date));
    }
    server.inject(Endpoint::Token, Fault::status(400));
    let token = server.token().jwt();
    let examined = doctor(&server).token(&token).examine().await;
    examined.assert_first_wrong("clock", "clock_off");
}

#[tokio::test]
async fn an_opaque_token_proves_it_by_what_the_server_says_of_it() {
    for (ahead, way) in [(300, "behind"), (-340, "ahead of")] {
        let server = server(ahead).await;
        leave_dates_out(&server);
        server.inject(Endpoint::Token, Fault::status(400));
        let token = server.token().opaque();
        let examined = doctor(&server).token(&token).examine().await;
        examined.assert_first_wrong("clock", "clock_off");
        let what = examined.check("clock")["what"].as_str().unwrap();
        assert!(what.contains(way), "{what}");
    }
}

#[tokio::test]
async fn clocks_that_differ_are_named_before_the_token_is_blamed() {
    for (ahead, cause) in [
        (300, Some("clock_off")),
        (-300, Some("clock_off")),
        (0, None),
    ] {
        let clock = move || {
            let offset = Duration::from_secs(i64::unsigned_abs(ahead));
            if ahead < 0 {
                SystemTime::now() - offset
            } else {
                SystemTime::now() + offset
            }
        };
        let server = AuthorizationServer::builder()
            .clock(clock)
            .start()
            .await
            .unwrap();
        let token = server.token().jwt();
        let examined = Doctor::at(&server).token(&token).examine().await;
        match cause {
            Some(cause) => examined.assert_first_wrong("clock", cause),
            None => examined.assert_nothing_wrong(),
        }
    }
}

#[tokio::test]
async fn a_leeway_is_granted_to_clocks() {
    let clock = || SystemTime::now() + Duration::from_secs(60);
    let server = AuthorizationServer::builder()
        .clock(clock)
        .start()
        .await
        .unwrap();
    let examined = Doctor::at(&server)
        .arguments(&["--leeway", "120"])
        .examine()
        .await;
    examined.assert_nothing_wrong();
    examined.assert_check("clock", "notable", Some("clock_drifts"));
}
