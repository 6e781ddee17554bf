//! Tokens that are refused, here or by the server.

use std::time::{Duration, SystemTime};

use portcullis_testing::{AuthorizationServer, Endpoint, Fault, SigningAlgorithm};
use serde_json::json;

use crate::support::{Doctor, Examined};

pub(crate) async fn server() -> AuthorizationServer {
    let server = AuthorizationServer::builder().audience("orders-api");
    let server = server.client("orders-api", "orders-secret");
    let server = server.client("introspector", "its-secret");
    server.keycloak_style().start().await.unwrap()
}

pub(crate) async fn examined(server: &AuthorizationServer, token: &str) -> Examined {
    let doctor = Doctor::at(server).client("orders-api", "orders-secret");
    doctor.token(token).examine().await
}

#[tokio::test]
async fn a_client_without_an_audience_mapper() {
    let server = server().await;
    let token = server.token().client("shop-web").audience("account").jwt();
    let examined = examined(&server, &token).await;
    examined.assert_first_wrong("token.audience", "missing_audience_mapper");
    let cure = examined.cure("token.audience");
    assert!(
        cure.contains("Clients → shop-web → Client scopes → shop-web-dedicated"),
        "{cure}"
    );
    assert!(cure.contains("kcadm.sh create"), "{cure}");
    examined.assert_check("token.issuer", "good", None);
    examined.assert_check("token.signature", "not_run", None);
    examined.assert_check("verdicts", "notable", Some("both_refuse_it"));
}

/// Its author would have the client of his choice given the audience.
#[tokio::test]
async fn a_forged_token_leads_to_no_line_to_copy() {
    let server = server().await;
    let forger = AuthorizationServer::start().await.unwrap();
    let key = server.signing_key(SigningAlgorithm::RS256);
    for audience in ["account", "introspector"] {
        let token = server
            .token()
            .client("evil-client")
            .audience(audience)
            .signed_with(&forger.signing_key(SigningAlgorithm::RS256))
            .header("kid", key.key_id())
            .jwt();
        let doctor = Doctor::at(&server).client("orders-api", "orders-secret");
        let run = doctor.token(&token).run(&["--json"]).await;
        run.assert_never_says("evil-client");
        let report = run.json();
        assert_eq!(report["first_wrong"]["id"], "token.audience");
        assert_eq!(report["first_wrong"]["cause"], "wrong_audience");
        assert!(run.stdout.contains("could not be verified"), "{run:#?}");
    }
}

/// Old ones are what people have at hand.
#[tokio::test]
async fn a_token_without_an_audience_mapper_that_is_over_is_signed_all_the_same() {
    let server = server().await;
    let ago = |seconds| SystemTime::now() - Duration::from_secs(seconds);
    let token = server.token().client("shop-web").audience("account");
    let token = token.issued_at(ago(3900)).expires_at(ago(3600)).jwt();
    let examined = examined(&server, &token).await;
    examined.assert_first_wrong("token.audience", "missing_audience_mapper");
}

#[tokio::test]
async fn a_token_for_another_service() {
    let server = server().await;
    let token = server
        .token()
        .client("billing-web")
        .audience("billing-api")
        .jwt();
    let examined = examined(&server, &token).await;
    examined.assert_first_wrong("token.audience", "token_of_another_client");
    assert!(
        examined.check("token.audience")["what"]
            .as_str()
            .unwrap()
            .contains("billing-web")
    );
}

#[tokio::test]
async fn an_expired_token() {
    let server = server().await;
    let an_hour_ago = SystemTime::now() - Duration::from_secs(3600);
    let token = server.token().expires_at(an_hour_ago).jwt();
    examined(&server, &token)
        .await
        .assert_first_wrong("token.time", "token_expired");
}

#[tokio::test]
async fn a_token_that_is_signed_with_a_secret() {
    let server = server().await;
    let key = server.signing_key(SigningAlgorithm::RS256);
    let token = key.sign_raw(
        json!({"alg": "HS256", "typ": "JWT", "kid": "k"}).to_string(),
        json!({"iss": server.issuer(), "azp": "shop-web", "aud": "orders-api"}).to_string(),
    );
    let examined = examined(&server, &token).await;
    examined.assert_first_wrong("token.algorithm", "symmetric_algorithm");
    let cure = examined.cure("token.algorithm");
    assert!(cure.contains("access.token.signed.response.alg"), "{cure}");
}

#[tokio::test]
async fn an_id_token_and_a_refresh_token() {
    let server = server().await;
    for (typ, cause) in [("ID", "id_token"), ("Refresh", "refresh_token")] {
        let token = server.token().claim("typ", typ).jwt();
        let examined = examined(&server, &token).await;
        examined.assert_first_wrong("token.kind", cause);
    }
}

#[tokio::test]
async fn a_forged_token() {
    let server = server().await;
    let forger = AuthorizationServer::start().await.unwrap();
    let key = server.signing_key(SigningAlgorithm::RS256);
    let token = server
        .token()
        .signed_with(&forger.signing_key(SigningAlgorithm::RS256));
    let token = token.header("kid", key.key_id()).jwt();
    examined(&server, &token)
        .await
        .assert_first_wrong("token.signature", "bad_signature");
}

#[tokio::test]
async fn a_session_that_has_ended_shows_at_the_server_alone() {
    let server = server().await;
    let session = server.login("alice");
    let token = session.token().jwt();
    session.end();
    let examined = examined(&server, &token).await;
    examined.assert_first_wrong("verdicts", "inactive");
    examined.assert_check("token.signature", "good", None);
    assert_eq!(
        examined.check("verdicts")["what"]
            .as_str()
            .unwrap()
            .matches("good")
            .count(),
        2
    );
}

#[tokio::test]
async fn a_token_that_does_not_name_who_asks() {
    let server = server().await;
    let token = server.token().client("shop-web").jwt();
    let doctor = Doctor::at(&server)
        .client("introspector", "its-secret")
        .token(&token);
    let examined = doctor.examine().await;
    examined.assert_first_wrong("verdicts", "audience_rule");
    examined.assert_check("audience", "notable", Some("asks_as_other_client"));
    let cure = examined.cure("verdicts");
    assert!(
        cure.contains("clientId=shop-web") && cure.contains("introspector"),
        "{cure}"
    );
}

/// A session that has ended, and a token that does not name who asks, look the same: another endpoint
/// tells them apart.
#[tokio::test]
async fn an_end_is_told_from_the_audience_rule() {
    let server = server().await;
    let session = server.login("alice");
    let token = session.token().client("shop-web").jwt();
    let examine = async || {
        let doctor = Doctor::at(&server).client("introspector", "its-secret");
        doctor.token(&token).examine().await
    };
    let untold = examine().await;
    untold.assert_first_wrong("verdicts", "audience_rule");
    assert!(
        untold
            .cure("verdicts")
            .contains("or else: its session was ended")
    );

    let userinfo = format!("{}/userinfo", server.issuer());
    server.patch_discovery(&json!({"userinfo_endpoint": userinfo}));
    server.inject(Endpoint::Other, Fault::status(200));
    let alive = examine().await;
    alive.assert_first_wrong("verdicts", "audience_rule");
    assert!(!alive.cure("verdicts").contains("its session was ended"));
    let tried = alive.check("audience")["what"].as_str().unwrap();
    assert!(tried.contains("as was tried"), "{tried}");

    session.end();
    server.clear_faults(Endpoint::Other);
    server.inject(Endpoint::Other, Fault::status(401));
    let over = examine().await;
    over.assert_first_wrong("verdicts", "inactive");
    let cure = over.cure("verdicts");
    assert!(cure.starts_with("its session was ended"), "{cure}");

    let asked = server.requests(Endpoint::Other);
    let bearer = format!("Bearer {token}");
    assert!(
        asked
            .iter()
            .all(|request| request.header("authorization") == Some(&*bearer))
    );
    assert_eq!(asked.len(), 2);
}

#[tokio::test]
async fn a_token_is_not_shown_to_the_userinfo_of_another_host() {
    let (server, other) = (server().await, AuthorizationServer::start().await.unwrap());
    let userinfo = format!("{}/userinfo", other.origin());
    server.patch_discovery(&json!({"userinfo_endpoint": userinfo}));
    let token = server.token().client("shop-web").jwt();
    let doctor = Doctor::at(&server).client("introspector", "its-secret");
    let examined = doctor.token(&token).examine().await;
    examined.assert_first_wrong("verdicts", "audience_rule");
    assert_eq!(other.total_request_count(), 0);
}

#[tokio::test]
async fn a_server_without_the_audience_rule_is_found_out() {
    let server = server().await;
    server.set_audience_rule(false);
    let token = server.token().client("shop-web").jwt();
    let doctor = Doctor::at(&server).client("introspector", "its-secret");
    let examined = doctor.token(&token).examine().await;
    examined.assert_nothing_wrong();
    examined.assert_check("audience", "good", None);
}

/// Where no token is shown, or one that names who asks, one that is issued to who asks shows it.
#[tokio::test]
async fn the_audience_rule_is_tried_with_a_token_of_the_askers_own() {
    let server = server().await;
    let introspecting = || Doctor::at(&server).client("introspector", "its-secret");
    let what = |examined: &Examined| {
        let what = &examined.check("audience")["what"];
        what.as_str().unwrap().to_owned()
    };
    let in_force = introspecting().examine().await;
    in_force.assert_check("audience", "notable", Some("asks_as_other_client"));
    let tried = "as was tried with a token that it has issued to that client itself";
    assert!(what(&in_force).contains(tried), "{in_force:#?}");

    let both = json!(["orders-api", "introspector"]);
    let named = server.token().claim("aud", both);
    let named = introspecting().token(&named.jwt()).examine().await;
    named.assert_nothing_wrong();
    named.assert_check("audience", "good", None);
    let says = what(&named);
    assert!(
        says.contains(tried) && says.contains("it answers about the one"),
        "{says}"
    );

    server.set_audience_rule(false);
    let without = introspecting().examine().await;
    without.assert_check("audience", "good", None);
    assert!(what(&without).contains("answers introspector about one that does not"));

    // One that the token names by chance tells nothing, nor does a server that issues none.
    let unasked = Doctor::at(&server).client("orders-api", "orders-secret");
    assert!(!what(&unasked.examine().await).contains("as was tried"));
    server.inject(Endpoint::Token, Fault::status(400));
    assert!(!what(&introspecting().examine().await).contains("as was tried"));
}

#[tokio::test]
async fn the_rules_of_a_token_have_one_time_which_says_so() {
    let server = server().await;
    let examined_jwt = examined(&server, &server.token().jwt()).await;
    let token = examined_jwt.check("token");
    assert!(token["took_ms"].is_u64());
    let what = token["what"].as_str().unwrap();
    assert!(what.contains("of all its rules together"), "{what}");
    assert!(examined_jwt.check("token.signature")["took_ms"].is_null());

    let opaque = examined(&server, &server.token().opaque()).await;
    assert!(opaque.check("token")["took_ms"].is_null());
}

#[tokio::test]
async fn a_jwt_that_names_no_issuer_is_shown_to_nobody() {
    let server = server().await;
    let key = server.signing_key(SigningAlgorithm::RS256);
    let header = json!({"alg": "RS256", "typ": "JWT", "kid": key.key_id()}).to_string();
    for payload in ["{}", "{\"iss\": 1}", "no JSON"] {
        let token = key.sign_raw(header.clone(), payload);
        let examined = examined(&server, &token).await;
        examined.assert_check("verdicts", "not_run", None);
        let asked = server.requests(Endpoint::Introspection);
        let shown = |token: &str| {
            let mut values = asked.iter().map(|request| request.form_value("token"));
            values.any(|value| value.as_deref() == Some(token))
        };
        assert!(!shown(&token) && shown("portcullis-doctor"));
    }
}

#[tokio::test]
async fn an_opaque_token_is_the_servers_to_judge() {
    let server = server().await;
    let good = server.token().opaque();
    let examined_good = examined(&server, &good).await;
    examined_good.assert_nothing_wrong();
    examined_good.assert_check("verdicts", "good", None);
    assert!(server.revoke(&good));
    examined(&server, &good)
        .await
        .assert_first_wrong("verdicts", "inactive");

    let unasked = Doctor::at(&server).token(&good).examine().await;
    unasked.assert_first_wrong("verdicts", "cannot_ask");
    unasked.assert_exit_code(3);
}

#[tokio::test]
async fn a_token_is_not_shown_to_a_server_that_it_does_not_name() {
    let (server, other) = (server().await, AuthorizationServer::start().await.unwrap());
    let token = other.token().jwt();
    let examined = examined(&server, &token).await;
    examined.assert_first_wrong("token.issuer", "issuer_port");
    examined.assert_check("verdicts", "not_run", None);
    let shown = server.requests(Endpoint::Introspection);
    assert!(!shown.is_empty());
    assert!(
        shown
            .iter()
            .all(|request| request.form_value("token").as_deref() != Some(&*token))
    );
}

#[tokio::test]
async fn what_was_pasted_along_is_wrong_where_a_service_refuses_it() {
    let server = server().await;
    let token = server.token().jwt();
    let refused = examined(&server, &format!("Bearer {token}\n")).await;
    refused.assert_first_wrong("token", "scheme_before_it");
    refused.assert_exit_code(1);
    refused.assert_check("verdicts", "good", None);

    let answer = json!({"access_token": token}).to_string();
    let response = examined(&server, &answer).await;
    response.assert_nothing_wrong();
    response.assert_check("token", "notable", Some("token_response"));
}

#[tokio::test]
async fn what_is_no_token_is_named() {
    let server = server().await;
    let doctor = Doctor::at(&server).token("hello, world");
    doctor
        .examine()
        .await
        .assert_first_wrong("token", "no_token");
}

#[tokio::test]
async fn names_in_a_token_do_nothing_in_the_lines_to_copy() {
    let server = server().await;
    let evil = "web\"; rm -rf ~; echo \"$(id)";
    let token = server.token().client(evil).audience("account").jwt();
    let cure = examined(&server, &token).await.cure("token.audience");
    let commands = cure.lines().filter(|line| line.contains("kcadm.sh"));
    for line in commands {
        assert!(
            !line.contains("rm -rf") || line.contains("'clientId="),
            "{line}"
        );
    }
}
