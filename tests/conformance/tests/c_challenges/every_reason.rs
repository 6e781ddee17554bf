//! What must hold for every rejection there is.

use http::header;
use portcullis::{Reason, Rejection};
use portcullis_conformance::challenges;

use crate::support::{challenge_line, refused_for};

#[tokio::test]
async fn c1_every_401_carries_a_challenge() {
    let mut seen = 0;
    for reason in Reason::ALL.iter().copied() {
        let reply = refused_for(reason).await;
        assert_eq!(reply.status, reason.status(), "{reason:?}");
        if reply.status == 401 {
            assert!(reply.challenge().is_some(), "{reason:?}");
            seen += 1;
        }
    }
    assert!(seen > 10);
}

#[tokio::test]
async fn c1_no_new_token_is_asked_for_where_none_would_help() {
    for reason in Reason::ALL.iter().copied() {
        let reply = refused_for(reason).await;
        let is_asked = reply.headers.contains_key(header::WWW_AUTHENTICATE);
        assert_eq!(is_asked, reply.status.is_client_error(), "{reason:?}");
    }
}

#[tokio::test]
async fn c2_a_challenge_has_at_least_one_parameter() {
    for reason in Reason::ALL.iter().copied() {
        let reply = refused_for(reason).await;
        for challenge in challenges(&reply.headers) {
            assert_eq!(challenge.scheme, "Bearer", "{reason:?}");
            assert_eq!(challenge.parameter("realm"), Some("api"), "{reason:?}");
        }
    }
    let missing = refused_for(Reason::MissingToken).await;
    assert_eq!(challenge_line(&missing), "Bearer realm=\"api\"");
}

#[tokio::test]
async fn c6_no_parameter_appears_twice() {
    for reason in Reason::ALL.iter().copied() {
        let reply = refused_for(reason).await;
        for challenge in challenges(&reply.headers) {
            let mut names: Vec<_> = challenge.parameters.iter().map(|(name, _)| name).collect();
            let all = names.len();
            names.sort_by_key(|name| name.to_ascii_lowercase());
            names.dedup_by_key(|name| name.to_ascii_lowercase());
            assert_eq!(names.len(), all, "{reason:?}: {challenge:?}");
        }
    }
}

#[tokio::test]
async fn c10_parameters_are_always_quoted_strings() {
    for reason in Reason::ALL.iter().copied() {
        let reply = refused_for(reason).await;
        if !reply.status.is_client_error() {
            continue;
        }
        let line = challenge_line(&reply);
        let parameters = line.strip_prefix("Bearer ").unwrap();
        for parameter in parameters.split(", ") {
            let (name, value) = parameter.split_once('=').unwrap();
            assert!(
                name.bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
            );
            assert!(value.len() >= 2, "{line}");
            assert!(value.starts_with('"') && value.ends_with('"'), "{line}");
        }
    }
}

#[tokio::test]
async fn c11_a_scheme_has_one_header_line() {
    for reason in Reason::ALL.iter().copied() {
        let reply = refused_for(reason).await;
        let lines = reply
            .headers
            .get_all(header::WWW_AUTHENTICATE)
            .iter()
            .count();
        let expected = usize::from(reply.status.is_client_error());
        assert_eq!(lines, expected, "{reason:?}");
    }
}

#[tokio::test]
async fn c13_400_and_403_carry_the_challenge_too() {
    for (reason, status, error) in [
        (Reason::MalformedCredentials, 400, "invalid_request"),
        (Reason::MissingScope, 403, "insufficient_scope"),
        (Reason::MissingRole, 403, "insufficient_scope"),
        (Reason::RequirementNotMet, 403, "insufficient_scope"),
        (Reason::ClaimsDoNotFit, 403, "insufficient_scope"),
    ] {
        let reply = refused_for(reason).await;
        assert_eq!(reply.status, status, "{reason:?}");
        assert_eq!(reply.error().as_deref(), Some(error), "{reason:?}");
    }
}

#[tokio::test]
async fn c15_every_503_says_when_to_come_again() {
    let mut seen = 0;
    for reason in Reason::ALL.iter().copied() {
        let reply = refused_for(reason).await;
        if reply.status == 503 {
            // Read as a whole number of seconds: anything else panics.
            assert!(
                reply.retry_after().is_some_and(|wait| wait >= 1),
                "{reason:?}"
            );
            seen += 1;
        } else {
            assert!(
                !reply.headers.contains_key(header::RETRY_AFTER),
                "{reason:?}"
            );
        }
    }
    assert!(seen > 3);
}

/// Every sentence a client may ever read, with its status. A new one has to be read by somebody
/// before it stands here: no issuer, no audience, no key, nothing of the token.
const DESCRIPTIONS: [(u16, &str); 20] = [
    (400, "The request must carry exactly one set of credentials"),
    (401, "A different authentication of the user is needed"),
    (401, "An access token is required"),
    (401, "An access token that is bound to a key is needed"),
    (401, "The DPoP proof is not valid"),
    (401, "The DPoP proof needs a nonce of this service"),
    (401, "The access token could not be verified"),
    (401, "The access token does not grant this"),
    (401, "The access token expired"),
    (
        401,
        "The access token is bound to a key that was not proven",
    ),
    (401, "The access token is malformed"),
    (401, "The access token is not active"),
    (401, "The access token is not meant for this service"),
    (401, "The access token is not valid yet"),
    (401, "The client certificate could not be read"),
    (
        401,
        "The credentials are not an access token that is accepted here",
    ),
    (403, "The access token does not grant this"),
    (403, "The access token lacks a scope"),
    (500, "The service is not configured correctly"),
    (503, "The access token cannot be verified at the moment"),
];

#[test]
fn c17_descriptions_are_fixed_sentences() {
    let mut found: Vec<_> = Reason::ALL
        .iter()
        .copied()
        .map(|reason| {
            (
                reason.status().as_u16(),
                Rejection::new(reason).description(),
            )
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    assert_eq!(found, DESCRIPTIONS);
}

#[tokio::test]
async fn c17_a_diagnosis_never_reaches_the_client() {
    let diagnosis = "expected https://id.example.com for orders-api with kid 4711";
    for reason in Reason::ALL.iter().copied() {
        let rejection = Rejection::because(reason, diagnosis);
        let with_diagnosis = crate::support::refused_with(rejection.clone()).await;
        let without = crate::support::refused_with(Rejection::new(reason)).await;
        assert_eq!(with_diagnosis.headers, without.headers, "{reason:?}");
        assert_eq!(with_diagnosis.body, without.body, "{reason:?}");
        assert_eq!(
            rejection.description(),
            Rejection::new(reason).description()
        );
    }
}
