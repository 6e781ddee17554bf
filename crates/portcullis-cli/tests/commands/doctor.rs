use std::time::{Duration, SystemTime};

use portcullis_testing::{AuthorizationServer, Endpoint, Fault, SigningAlgorithm, SigningKey};
use serde_json::json;

use crate::support::{Doctor, Folder, portcullis};

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

#[tokio::test]
async fn each_key_is_told_with_what_it_is_good_for() {
    let server = AuthorizationServer::start().await.unwrap();
    let mut weak = SigningKey::generate(SigningAlgorithm::ES256).jwk();
    weak["kid"] = json!("weak");
    weak["x"] = json!("AA");
    server.add_jwk(weak);
    let examined = Doctor::at(&server).examine().await;
    examined.assert_nothing_wrong();
    let keys: Vec<_> = examined.checks("key").collect();
    let skipped: Vec<_> = keys.iter().filter(|key| key["mark"] == "notable").collect();
    assert_eq!(skipped.len(), 1, "{keys:#?}");
    assert!(
        skipped[0]["what"]
            .as_str()
            .unwrap()
            .starts_with("weak: skipped"),
        "{keys:#?}"
    );
    let says = |text: &str| {
        keys.iter()
            .any(|key| key["what"].as_str().unwrap().contains(text))
    };
    assert!(
        says("RS256") && says("skipped, as it should be"),
        "{keys:#?}"
    );
}

#[tokio::test]
async fn a_published_private_key_is_wrong() {
    let server = AuthorizationServer::start().await.unwrap();
    server.add_jwk(SigningKey::generate(SigningAlgorithm::ES256).private_jwk());
    let examined = Doctor::at(&server).examine().await;
    examined.assert_exit_code(1);
    let wrong = examined
        .checks("key")
        .find(|key| key["mark"] == "wrong")
        .unwrap();
    assert_eq!(wrong["cause"], "private_key_published");
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
