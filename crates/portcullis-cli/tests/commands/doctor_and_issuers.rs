//! Servers that call themselves otherwise than they are asked as.

use portcullis_testing::{AuthorizationServer, Endpoint};
use serde_json::json;

use crate::support::Doctor;

#[tokio::test]
async fn another_realm_is_named() {
    let server = AuthorizationServer::start().await.unwrap();
    let issuer = format!("{}/realms/nope", server.origin());
    let examined = Doctor::for_issuer(&issuer).examine().await;
    examined.assert_first_wrong("discovery", "no_such_realm");
    examined.assert_exit_code(1);
    examined.assert_check("clock", "good", None);
}

#[tokio::test]
async fn another_name_of_the_issuer_is_named() {
    for (issuer, cause) in [
        ("https://id.example.com/realms/test", "issuer_host"),
        ("https://127.0.0.1/realms/test", "issuer_scheme"),
        ("http://127.0.0.1:1/realms/test", "issuer_port"),
    ] {
        let server = AuthorizationServer::builder()
            .issuer(issuer)
            .start()
            .await
            .unwrap();
        let asked = format!("{}/realms/test", server.origin());
        let examined = Doctor::for_issuer(&asked).examine().await;
        examined.assert_first_wrong("issuer", cause);
        let cure = examined.cure("issuer");
        assert!(
            cure.contains(&format!("--issuer {issuer} --fetch-from {asked}")),
            "{cure}"
        );
    }
}

/// What the server calls itself stands in a line that is meant to be copied into a shell.
#[tokio::test]
async fn the_name_of_a_server_does_nothing_in_the_line_to_copy() {
    let server = AuthorizationServer::start().await.unwrap();
    server.patch_discovery(&json!({"issuer": "https://a/$(id); rm -rf ~"}));
    let cure = Doctor::at(&server).examine().await.cure("issuer");
    let (_, line) = cure.split_once("here --issuer ").unwrap();
    let line = line.lines().next().unwrap();
    let words = shlex::split(line).unwrap();
    assert_eq!(
        words,
        ["https://a/$(id); rm -rf ~", "--fetch-from", server.issuer()]
    );

    server.patch_discovery(&json!({"issuer": "https://a/\nrm -rf ~"}));
    let cure = Doctor::at(&server).examine().await.cure("issuer");
    assert!(
        cure.contains("fetch_from(..)") && !cure.contains("--issuer"),
        "{cure}"
    );
}

#[tokio::test]
async fn an_internal_address_is_taken_where_it_is_given() {
    let issuer = "https://id.example.com/realms/test";
    let server = AuthorizationServer::builder()
        .issuer(issuer)
        .start()
        .await
        .unwrap();
    let asked = format!("{}/realms/test", server.origin());
    let examined = Doctor::for_issuer(issuer)
        .arguments(&["--fetch-from", &asked])
        .client("orders-api", "orders-secret")
        .examine()
        .await;
    examined.assert_nothing_wrong();
    assert_eq!(server.request_count(Endpoint::Token), 1);
}

#[tokio::test]
async fn a_slash_at_the_end_is_named() {
    let server = AuthorizationServer::start().await.unwrap();
    let issuer = format!("{}/", server.issuer());
    let examined = Doctor::for_issuer(&issuer).examine().await;
    examined.assert_first_wrong("issuer", "issuer_trailing_slash");
}
