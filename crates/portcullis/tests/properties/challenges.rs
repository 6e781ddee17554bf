//! Whatever an application calls things and whatever a client sends, a challenge is one by the grammar.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use http::{Request, Response, header};
use portcullis::{
    AuthenticateLayer, Dpop, Reason, Rejection, RequireAcr, RequireScope, Requirement,
    ResourceMetadata, Timestamp, TokenFacts, verifier_fn,
};
use portcullis::{Expectations, RequireRole};
use proptest::prelude::*;
use tower::{Layer, ServiceExt, service_fn};

use crate::grammar::{Challenge, challenge};

/// The challenges of an answer, each line by itself.
fn challenges(response: &Response<Bytes>) -> Vec<Challenge> {
    let lines = response.headers().get_all(header::WWW_AUTHENTICATE).iter();
    lines
        .map(|line| {
            let read = challenge(line.as_bytes()).unwrap_or_else(|| panic!("{line:?}"));
            for (at, (name, _)) in read.parameters.iter().enumerate() {
                let earlier = &read.parameters[..at];
                assert!(earlier.iter().all(|(other, _)| other != name), "{line:?}");
            }
            read
        })
        .collect()
}

/// What a client is answered that is refused like this.
fn answer(layer: &AuthenticateLayer, token: Option<&str>) -> Response<Bytes> {
    let inner =
        service_fn(|_: Request<Bytes>| async { Ok::<_, Infallible>(Response::new(Bytes::new())) });
    let mut request = Request::new(Bytes::new());
    if let Some(token) = token {
        let value = format!("Bearer {token}").parse().unwrap();
        request.headers_mut().insert(header::AUTHORIZATION, value);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime
        .block_on(layer.layer(inner).oneshot(request))
        .unwrap()
}

fn refusing(rejection: Rejection) -> AuthenticateLayer {
    AuthenticateLayer::new(verifier_fn(move |_, _| {
        let rejection = rejection.clone();
        async move { Err(rejection) }
    }))
}

/// What a requirement says to a token that has nothing.
fn unmet(requirement: &dyn Requirement) -> Rejection {
    let expectations = std::sync::Arc::new(Expectations::danger_any_audience());
    let facts = TokenFacts::from_json(r#"{"sub":"a"}"#, &expectations).unwrap();
    requirement
        .judge(&facts, Timestamp::from_seconds(1_700_000_000))
        .unwrap_err()
}

fn is_description(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b' '..=b'!' | b'#'..=b'[' | b']'..=b'~'))
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 512,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Text of all kinds, and more of it that has a meaning in headers.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,20}",
        "[\"\\\\,;= a\t\r\n\u{7f}é]{0,12}",
        any::<String>(),
    ]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_realm_reads_back_or_cannot_be_named(realm in text(), reason in 0..Reason::ALL.len(), said in text()) {
        let rejection = Rejection::because(Reason::ALL[reason], said.clone());
        let is_judged = rejection.status().is_client_error();
        let named = refusing(rejection).realm(&realm);
        let can_stand = !realm.is_empty() && realm.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        prop_assert_eq!(named.is_ok(), can_stand);
        let Ok(layer) = named else { return Ok(()) };
        let response = answer(&layer, Some("token"));
        let challenges = challenges(&response);
        prop_assert_eq!(challenges.is_empty(), !is_judged);
        for challenge in challenges {
            prop_assert_eq!(challenge.parameter("realm"), Some(&*realm));
            if let Some(description) = challenge.parameter("error_description") {
                prop_assert!(is_description(description));
                prop_assert!(said.len() < 8 || !description.contains(&said), "the diagnosis is for the log");
            }
        }
    }

    #[test]
    fn scopes_read_back_or_cannot_be_required(names in prop::collection::vec(text(), 0..4)) {
        let Ok(required) = RequireScope::all(&names) else {
            let is_name = |name: &String| {
                !name.is_empty() && is_description(name) && !name.contains(' ')
            };
            prop_assert!(names.is_empty() || !names.iter().all(is_name));
            return Ok(());
        };
        let response = answer(&refusing(unmet(&required)), Some("token"));
        let challenges = challenges(&response);
        prop_assert_eq!(challenges.len(), 1);
        let scope = challenges[0].parameter("scope").unwrap();
        prop_assert!(is_description(scope));
        let said: Vec<&str> = scope.split(' ').collect();
        for name in &names {
            prop_assert!(said.contains(&name.as_str()), "{}", scope);
        }
    }

    #[test]
    fn classes_read_back_or_cannot_be_required(names in prop::collection::vec(text(), 0..4), age in any::<u32>()) {
        let Ok(required) = RequireAcr::one_of(&names) else { return Ok(()) };
        let required = required.max_age(Duration::from_secs(age.into()));
        let response = answer(&refusing(unmet(&required)), Some("token"));
        let challenges = challenges(&response);
        prop_assert_eq!(challenges.len(), 1);
        let values: Vec<&str> = challenges[0].parameter("acr_values").unwrap().split(' ').collect();
        for name in &names {
            prop_assert!(values.contains(&name.as_str()));
        }
        prop_assert_eq!(challenges[0].parameter("max_age"), Some(&*age.to_string()));
    }

    #[test]
    fn what_a_client_sends_is_not_repeated(token in "[A-Za-z0-9._~+/-]{12,40}", reason in 0..Reason::ALL.len()) {
        let rejection = Rejection::because(Reason::ALL[reason], token.clone());
        let response = answer(&refusing(rejection), Some(&token));
        for line in response.headers().values() {
            prop_assert!(!String::from_utf8_lossy(line.as_bytes()).contains(&token), "{:?}", line);
        }
        prop_assert!(!String::from_utf8_lossy(response.body()).contains(&token));
    }

    #[test]
    fn addresses_of_metadata_read_back(path in "[ -~]{0,20}") {
        let Ok(metadata) = ResourceMetadata::of(&format!("https://api.example/{path}")) else { return Ok(()) };
        let layer = refusing(Rejection::new(Reason::MissingToken)).resource_metadata(&metadata);
        let layer = layer.dpop(Dpop::at("https://api.example").unwrap());
        let challenges = challenges(&answer(&layer, None));
        prop_assert_eq!(challenges.len(), 2);
        for challenge in &challenges {
            prop_assert_eq!(challenge.parameter("resource_metadata"), Some(metadata.url()));
            prop_assert_eq!(challenge.parameter("error"), None);
        }
        prop_assert!(challenges[1].parameter("algs").is_some());
    }
}

#[test]
fn a_missing_role_names_no_scope() {
    let response = answer(&refusing(unmet(&RequireRole::realm("a\"b"))), Some("token"));
    let challenges = challenges(&response);
    assert_eq!(challenges[0].parameter("error"), Some("insufficient_scope"));
    assert_eq!(challenges[0].parameter("scope"), None);
}
