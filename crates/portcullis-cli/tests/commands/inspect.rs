use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis_testing::AuthorizationServer;
use serde_json::{Value, json};

use crate::support::{jwt, portcullis, raw_jwt};

async fn inspected(token: &str) -> Value {
    let run = portcullis(&["inspect", "--json"], token).await;
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{run:#?}");
    run.json()
}

#[tokio::test]
async fn a_token_says_who_it_is_for_and_until_when() {
    let server = AuthorizationServer::start().await.unwrap();
    let alice = server.login("alice");
    let token = alice
        .token()
        .realm_roles(["admin"])
        .claim("resource_access", json!({"orders-api": {"roles": ["auditor"]}}))
        .claim(
            "authorization",
            json!({"permissions": [{"rsid": "1", "rsname": "invoices", "scopes": ["view", "edit"]}]}),
        )
        .jwt();
    let report = inspected(&token).await;
    assert_eq!(report["form"], "jwt");
    assert_eq!(report["verified"], false);
    assert_eq!(report["kind"], "access_token");
    assert_eq!(report["issuer"], server.issuer());
    assert_eq!(report["audience"], json!(["orders-api"]));
    assert_eq!(report["roles"]["realm"], json!(["admin"]));
    assert_eq!(report["roles"]["clients"]["orders-api"], json!(["auditor"]));
    let permission = json!({"resource": "invoices", "scopes": ["edit", "view"]});
    assert_eq!(report["permissions"], json!([permission]));
    assert_eq!(report["header"]["alg"], "RS256");
    assert_eq!(report["payload"]["sid"], report["session"]);
    let times = report["times"].as_array().unwrap();
    let exp = times.iter().find(|time| time["claim"] == "exp").unwrap();
    assert_eq!(exp["seconds"].as_f64(), report["payload"]["exp"].as_f64());
    assert!(exp["utc"].as_str().unwrap().ends_with(" UTC"));
    assert!(
        exp["relative"].as_str().unwrap().starts_with("in 4m"),
        "{exp}"
    );
    assert_eq!(report["unusual"], json!([]));
}

#[tokio::test]
async fn a_reader_is_told_that_nothing_was_verified() {
    let token = jwt(
        &json!({"alg": "RS256", "kid": "k"}),
        &json!({"iss": "https://i"}),
    );
    let run = portcullis(&["inspect"], &token).await;
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{run:#?}");
    assert!(run.stdout.contains("NOT VERIFIED"), "{run:#?}");
    assert!(run.stdout.contains("\"iss\": \"https://i\""), "{run:#?}");
}

#[tokio::test]
async fn a_token_on_the_command_line_is_shown_with_a_warning() {
    let token = jwt(&json!({"alg": "RS256"}), &json!({"sub": "alice"}));
    let run = portcullis(&["inspect", &token], "").await;
    assert_eq!(run.code, Some(0));
    assert!(
        run.stderr
            .starts_with("warning: a token on the command line"),
        "{run:#?}"
    );
    let by_stdin = portcullis(&["inspect"], &token).await;
    assert_eq!(run.stdout, by_stdin.stdout);
}

#[tokio::test]
async fn nothing_in_a_token_acts_on_the_terminal() {
    let evil = "\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}\r\n";
    let token = jwt(
        &json!({"alg": evil, "kid": evil, evil: 1}),
        &json!({
            "iss": evil, "sub": evil, "aud": [evil, "b"], "azp": evil, "scope": evil, evil: evil,
            "realm_access": {"roles": [evil]}, "resource_access": {evil: {"roles": [evil]}},
        }),
    );
    let (cut, _) = token.split_at(token.len() - 400);
    let twice = raw_jwt(r#"{"alg":"none"}"#, r#"{"\u001ba":1,"\u001ba":2}"#);
    for token in [&token, cut, &twice, &format!("{token}.x.y")] {
        for arguments in [&["inspect"][..], &["inspect", "--json"]] {
            let run = portcullis(arguments, token).await;
            assert_eq!(run.code, Some(0), "{run:#?}");
            let acts = |letter: char| letter.is_control() && letter != '\n';
            assert!(!run.stdout.chars().any(acts), "{run:#?}");
            assert!(!run.stdout.contains('\u{202e}'), "{run:#?}");
            assert!(run.stdout.contains("\\u001b"), "{run:#?}");
        }
    }
}

#[tokio::test]
async fn what_is_left_of_a_token_is_shown() {
    let payload = json!({"iss": "https://id.example.com", "sub": "alice", "scope": "openid"});
    let token = jwt(&json!({"alg": "RS256", "kid": "k"}), &payload);
    let (header, rest) = token.split_once('.').unwrap();
    let cut = format!("{header}.{}", rest.get(..30).unwrap());
    let run = portcullis(&["inspect"], &cut).await;
    assert_eq!(run.code, Some(0));
    assert!(run.stdout.contains(r#"{"iss":"https://id.exa"#), "{run:#?}");
    let only_header = inspected(header).await;
    assert_eq!(only_header["header"]["kid"], "k");
}

#[tokio::test]
async fn of_an_encrypted_token_the_header_is_shown() {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RSA-OAEP","enc":"A256GCM","cty":"JWT"}"#);
    let report = inspected(&format!("{header}.a.b.c.d")).await;
    assert_eq!(
        (&report["form"], &report["header"]["enc"]),
        (&json!("jwe"), &json!("A256GCM"))
    );
    assert_eq!(report.get("payload"), None);
}

#[tokio::test]
async fn of_an_opaque_token_it_is_said_who_can_read_it() {
    let run = portcullis(&["inspect"], "ory_at_abc.def").await;
    assert_eq!(run.code, Some(0));
    assert!(run.stdout.starts_with("Opaque: 14 "), "{run:#?}");
    assert!(
        run.stdout.contains("portcullis doctor --issuer"),
        "{run:#?}"
    );
    run.assert_never_says("ory_at_abc.def");
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    for text in ["", "\n", "  ", "hello world, é", "\u{1b}[31m", "{\"a\":1}"] {
        for arguments in [&["inspect"][..], &["inspect", "--json"]] {
            let run = portcullis(arguments, text).await;
            assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""), "{text:?}");
            assert!(run.stderr.starts_with("error: "), "{run:#?}");
        }
    }
    let usage = portcullis(&["inspect", "--nonsense"], "").await;
    assert_eq!(usage.code, Some(2));
}

#[tokio::test]
async fn the_answer_of_a_token_endpoint_will_do() {
    let token = jwt(&json!({"alg": "RS256"}), &json!({"sub": "alice"}));
    let answer = json!({"access_token": token, "token_type": "Bearer"}).to_string();
    let report = inspected(&answer).await;
    assert_eq!(report["subject"], "alice");
    assert_eq!(report["unusual"][0]["code"], "token_response");
}
