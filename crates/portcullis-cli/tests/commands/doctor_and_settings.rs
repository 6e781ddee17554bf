//! What a service may be configured with, the doctor may be as well.

use portcullis_testing::{AuthorizationServer, Endpoint, Fault};
use serde_json::json;

use crate::support::Doctor;

#[tokio::test]
async fn the_profile_is_assumed_until_it_is_named() {
    let server = AuthorizationServer::builder().issuer_path("/oauth");
    let server = server.start().await.unwrap();
    // As Keycloak's are, from an issuer that does not look like one.
    let token = server
        .token()
        .header("typ", "JWT")
        .claim("typ", "Bearer")
        .jwt();
    let doctor = || Doctor::at(&server).token(&token);
    let assumed = doctor().examine().await;
    assumed.assert_first_wrong("token.kind", "not_an_access_token");
    assert!(assumed.cure("token.kind").contains("--profile"));
    let named = doctor().arguments(&["--profile", "keycloak"]);
    named.examine().await.assert_nothing_wrong();
}

#[tokio::test]
async fn clients_and_algorithms_are_judged_where_they_are_named() {
    let server = AuthorizationServer::start().await.unwrap();
    let token = server.token().client("shop-web").jwt();
    for (arguments, id, cause) in [
        (
            ["--authorized-party", "shop-mobile"],
            "token.party",
            "wrong_party",
        ),
        (
            ["--algorithm", "ES256"],
            "token.algorithm",
            "algorithm_not_allowed",
        ),
    ] {
        let doctor = Doctor::at(&server).token(&token).arguments(&arguments);
        doctor.examine().await.assert_first_wrong(id, cause);
    }
    let both = ["--authorized-party", "shop-web", "--algorithm", "RS256"];
    let doctor = Doctor::at(&server).token(&token).arguments(&both);
    doctor.examine().await.assert_nothing_wrong();
}

#[tokio::test]
async fn addresses_are_taken_where_they_are_named() {
    let server = AuthorizationServer::start().await.unwrap();
    let token = server.token().jwt();
    let issuer = server.issuer();
    let keys = format!("{issuer}/protocol/openid-connect/certs");
    let introspection = format!("{issuer}/protocol/openid-connect/token/introspect");
    server.patch_discovery(&json!({"jwks_uri": format!("{issuer}/nowhere")}));
    let broken = Doctor::at(&server).token(&token).examine().await;
    broken.assert_first_wrong("keys", "keys_unusable");
    let doctor = Doctor::at(&server).token(&token);
    let doctor = doctor.arguments(&["--jwks-uri", &keys]);
    let examined = doctor.examine().await;
    examined.assert_nothing_wrong();
    examined.assert_check("token.signature", "good", None);

    server.reset_discovery();
    server.inject(Endpoint::Other, Fault::status(404));
    server.patch_discovery(&json!({"introspection_endpoint": format!("{issuer}/nowhere")}));
    let doctor = || Doctor::at(&server).client("orders-api", "orders-secret");
    let broken = doctor().examine().await;
    assert_ne!(broken.check("credentials")["mark"], "good");
    let named = doctor().arguments(&["--introspection-endpoint", &introspection]);
    named
        .examine()
        .await
        .assert_check("credentials", "good", None);
}
