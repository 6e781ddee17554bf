use std::time::{Duration, SystemTime};

use portcullis_testing::AuthorizationServer;
use serde_json::json;

use crate::support::{Doctor, portcullis};

#[tokio::test]
async fn where_all_is_well_nothing_is_wrong() {
    let server = AuthorizationServer::start().await.unwrap();
    let token = server.login("alice").token().jwt();
    let doctor = Doctor::at(&server)
        .client("orders-api", "orders-secret")
        .token(&token);
    let run = doctor.run(&[]).await;
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{run:#?}");
    assert!(run.stdout.ends_with("nothing is wrong\n"), "{run:#?}");
    assert!(!run.stdout.contains('✗'), "{run:#?}");

    let examined = doctor.examine().await;
    examined.assert_nothing_wrong();
    for id in [
        "connection",
        "discovery",
        "issuer",
        "keys",
        "algorithms",
        "clock",
        "credentials",
        "hint",
        "audience",
        "not_before",
        "token",
        "token.header",
        "token.audience",
        "token.time",
        "token.signature",
        "verdicts",
    ] {
        examined.assert_check(id, "good", None);
    }
    examined.assert_check("tls", "notable", Some("plain_http"));
    examined.assert_check("logout", "notable", Some("arrival_unknown"));
    for id in ["token.proof", "token.requirements"] {
        examined.assert_check(id, "not_run", None);
    }
    for id in [
        "connection",
        "tls",
        "discovery",
        "issuer",
        "keys",
        "algorithms",
        "clock",
        "credentials",
        "hint",
        "audience",
        "logout",
        "not_before",
        "token",
        "verdicts",
    ] {
        assert!(examined.check(id)["took_ms"].is_u64(), "{id}");
    }
}

#[tokio::test]
async fn the_rules_stand_in_the_order_of_the_library() {
    let server = AuthorizationServer::start().await.unwrap();
    let token = server.token().jwt();
    let run = Doctor::at(&server).token(&token).run(&[]).await;
    let order: Vec<_> = run
        .stdout
        .lines()
        .filter_map(|line| line.split_whitespace().nth(1)?.strip_prefix("token."))
        .collect();
    let rules: Vec<_> = portcullis::Rule::OF_JWTS
        .iter()
        .map(|rule| rule.code())
        .collect();
    assert_eq!(order, rules);
}

#[tokio::test]
async fn without_a_client_or_a_token_the_rest_is_examined() {
    let server = AuthorizationServer::start().await.unwrap();
    let examined = Doctor::at(&server).examine().await;
    examined.assert_nothing_wrong();
    examined.assert_check("credentials", "not_run", None);
    assert_eq!(examined.checks("token").count(), 0);
}

#[tokio::test]
async fn a_cut_off_is_told_and_one_ahead_is_wrong() {
    let server = AuthorizationServer::start().await.unwrap();
    server.set_not_before(SystemTime::now() - Duration::from_secs(3600));
    let examined = Doctor::at(&server).examine().await;
    examined.assert_nothing_wrong();
    assert!(
        examined.check("not_before")["what"]
            .as_str()
            .unwrap()
            .contains("1h")
    );
    server.set_not_before(SystemTime::now() + Duration::from_secs(3600));
    let examined = Doctor::at(&server).examine().await;
    examined.assert_first_wrong("not_before", "cut_off_ahead");
}

#[tokio::test]
async fn what_the_server_says_does_not_act_on_the_terminal() {
    let server = AuthorizationServer::start().await.unwrap();
    server.patch_discovery(&json!({"issuer": "https://\u{1b}[31m\u{202e}.example"}));
    let run = Doctor::at(&server).run(&[]).await;
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(
        run.stdout.contains("u{1b}") || run.stdout.contains("\\u001b"),
        "{run:#?}"
    );
    assert!(
        !run.stdout.contains('\u{1b}') && !run.stdout.contains('\u{202e}'),
        "{run:#?}"
    );
}

#[tokio::test]
async fn a_password_in_an_address_is_not_printed() {
    let issuer = "https://alice:pass-7f3a@id.example.com/realms/test";
    for more in [&[][..], &["--json"]] {
        let run = Doctor::for_issuer(issuer).run(more).await;
        assert_eq!(run.code, Some(2), "{run:#?}");
        run.assert_never_says("pass-7f3a");
    }
    let fetched = ["--fetch-from", issuer];
    let run = Doctor::for_issuer("https://id.example.com/realms/test");
    let run = run.arguments(&fetched).run(&[]).await;
    run.assert_never_says("pass-7f3a");
}

#[tokio::test]
async fn a_command_given_wrongly_ends_with_2() {
    let issuer = ["doctor", "--issuer", "http://127.0.0.1:1/realms/test"];
    for more in [
        &["--client-id", "a"][..],
        &["--client-id", "a", "--client-secret-env", "NOT_SET"],
        &["--client-id", "a", "--client-key", "/nowhere/key.pem"],
        &["--client-secret-env", "HOME"],
        &["--root-certificate", "/nowhere/ca.pem"],
        &["--nonsense"],
        &["--logout-url", "mailto:a@example.com"],
        &["--algorithm", "HS256"],
        &["--profile", "nonsense"],
    ] {
        let run = portcullis(&[&issuer[..], more].concat(), "").await;
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (Some(2), ""),
            "{more:?}: {run:#?}"
        );
    }
    assert_eq!(portcullis(&["doctor"], "").await.code, Some(2));
    let no_issuer = portcullis(&["doctor", "--issuer", "nonsense"], "").await;
    assert_eq!((no_issuer.code, no_issuer.stdout.as_str()), (Some(2), ""));
}
