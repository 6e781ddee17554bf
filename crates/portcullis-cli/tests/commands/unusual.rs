//! What `inspect` calls unusual.

use serde_json::{Value, json};

use crate::support::{jwt, portcullis, raw_jwt};

async fn codes(token: &str) -> Vec<String> {
    let run = portcullis(&["inspect", "--json"], token).await;
    assert_eq!(run.code, Some(0), "{run:#?}");
    let report = run.json();
    let unusual = report["unusual"].as_array().unwrap();
    let codes = unusual
        .iter()
        .map(|it| it["code"].as_str().unwrap().to_owned());
    codes.collect()
}

fn header() -> Value {
    json!({"alg": "RS256", "typ": "at+jwt", "kid": "k"})
}

/// A payload of which there is nothing to be said but that it is over.
fn payload() -> Value {
    json!({
        "iss": "https://id.example.com", "sub": "alice", "aud": "orders-api",
        "iat": 0, "exp": 3000,
    })
}

fn with(mut json: Value, patch: &Value) -> Value {
    for (name, value) in patch.as_object().unwrap() {
        if value.is_null() {
            json.as_object_mut().unwrap().remove(name);
        } else {
            json[name] = value.clone();
        }
    }
    json
}

#[tokio::test]
async fn what_is_odd_in_a_header_is_named() {
    for (patch, code) in [
        (json!({"alg": "none"}), "alg_none"),
        (json!({"alg": "HS256"}), "alg_symmetric"),
        (json!({"alg": "ES256K"}), "alg_unknown"),
        (json!({"alg": null}), "no_alg"),
        (json!({"kid": null}), "no_kid"),
        (json!({"crit": ["exp"]}), "crit"),
        (json!({"b64": false}), "b64"),
        (json!({"cty": "JWT"}), "nested"),
        (json!({"jku": "https://evil.example"}), "key_in_header"),
        (json!({"typ": "JWT"}), "kind"),
        (json!({"typ": "logout+jwt"}), "kind"),
        (json!({"alg": "ES256"}), "signature_length"),
    ] {
        let codes = codes(&jwt(&with(header(), &patch), &payload())).await;
        assert!(codes.iter().any(|it| it == code), "{patch}: {codes:?}");
    }
}

#[tokio::test]
async fn what_is_odd_in_the_claims_is_named() {
    const FAR: u64 = 4_000_000_000;
    for (patch, code) in [
        (json!({}), "expired"),
        (json!({"exp": null}), "no_exp"),
        (json!({"exp": "soon"}), "no_date"),
        (json!({"exp": 3601}), "long_life"),
        (json!({"iat": FAR, "exp": FAR + 60}), "issued_in_future"),
        (json!({"nbf": FAR, "exp": FAR + 60}), "not_yet_valid"),
        (json!({"aud": null}), "no_aud"),
        (json!({"aud": ["a", "b"]}), "several_aud"),
        (json!({"iss": null}), "no_iss"),
        (json!({"cnf": {"jkt": "x"}}), "bound"),
        (json!({"sub": null, "typ": "Bearer"}), "lightweight"),
        (json!({"iss": 1}), "payload_refused"),
    ] {
        let codes = codes(&jwt(&header(), &with(payload(), &patch))).await;
        assert!(codes.iter().any(|it| it == code), "{patch}: {codes:?}");
    }
    for typ in ["ID", "Refresh", "Logout"] {
        let token = jwt(
            &json!({"alg": "RS256", "kid": "k"}),
            &with(payload(), &json!({"typ": typ})),
        );
        assert!(codes(&token).await.contains(&"kind".to_owned()), "{typ}");
    }
}

#[tokio::test]
async fn nothing_is_said_of_a_token_as_it_should_be() {
    let far = json!({"iat": 1, "exp": 4_000_000_000_u64});
    let token = jwt(&header(), &with(payload(), &far));
    assert_eq!(codes(&token).await, ["long_life"]);
}

#[tokio::test]
async fn how_it_was_pasted_and_spelled_is_named() {
    let token = jwt(&header(), &payload());
    let (front, signature) = token.rsplit_once('.').unwrap();
    let twice = raw_jwt(&header().to_string(), r#"{"sub":"a","sub":"b","exp":1}"#);
    for (text, code) in [
        (format!("Bearer {token}"), "scheme_before_it"),
        (format!("\"{token}\""), "quoted"),
        (token.replace('.', ".\n"), "white_space_within"),
        (format!("{token}="), "padding"),
        (front.to_owned(), "truncated"),
        (
            format!("{front}.{}", signature.get(..40).unwrap()),
            "signature_length",
        ),
        (format!("{front}."), "no_signature"),
        (format!("{token}.x"), "too_many_parts"),
        (format!("{front}.{}", "A".repeat(9000)), "long"),
        (twice, "repeated_member"),
    ] {
        let codes = codes(&text).await;
        assert!(codes.iter().any(|it| it == code), "{code}: {codes:?}");
    }
}
