//! The order of the rules is the one that is told: what breaks two of them is refused by the one that
//! stands before the other.

use portcullis::{Reason, Rule};
use serde_json::json;

use crate::{attempt::Form, service::Service};

#[tokio::test]
async fn each_rule_for_jwts_is_applied() {
    let service = Service::of(Form::Jwt).await;
    assert_eq!(service.refused_by(service.attempt()).await, None);
    for rule in Rule::OF_JWTS.iter().copied() {
        let refused = service.refused_by(service.breaking([rule])).await;
        assert_eq!(refused, Some(rule));
    }
}

#[tokio::test]
async fn of_two_rules_for_jwts_the_earlier_one_refuses() {
    let service = Service::of(Form::Jwt).await;
    of_two_the_earlier_one_refuses(&service, Rule::OF_JWTS).await;
}

#[tokio::test]
async fn each_rule_for_answers_is_applied() {
    let service = Service::of(Form::Opaque).await;
    assert_eq!(service.refused_by(service.attempt()).await, None);
    for rule in of_opaque_tokens() {
        let refused = service.refused_by(service.breaking([rule])).await;
        assert_eq!(refused, Some(rule));
    }
}

#[tokio::test]
async fn of_two_rules_for_answers_the_earlier_one_refuses() {
    let service = Service::of(Form::Opaque).await;
    of_two_the_earlier_one_refuses(&service, &of_opaque_tokens()).await;
}

/// The rules for answers but the one that a JWT is needed for.
fn of_opaque_tokens() -> Vec<Rule> {
    let rules = Rule::OF_ANSWERS.iter().copied();
    rules.filter(|rule| *rule != Rule::Agreement).collect()
}

async fn of_two_the_earlier_one_refuses(service: &Service, rules: &[Rule]) {
    for (place, earlier) in rules.iter().copied().enumerate() {
        for later in rules.iter().copied().skip(place + 1) {
            let refused = service.refused_by(service.breaking([later, earlier])).await;
            assert_eq!(refused, Some(earlier), "{earlier:?} before {later:?}");
        }
    }
}

/// What the server says of a JWT is held against it before anything else of the answer is judged, and
/// an answer that calls it inactive is not held against anything.
#[tokio::test]
async fn an_answer_has_to_agree_with_the_jwt_before_it_is_judged() {
    let service = Service::hybrid().await;
    let answering = |answer: &[(&str, serde_json::Value)]| {
        let mut attempt = service.attempt();
        for (name, value) in answer {
            attempt.answer.insert((*name).to_owned(), value.clone());
        }
        attempt
    };
    assert_eq!(service.refused_live_by(answering(&[])).await, None);
    let other = ("sub", json!("mallory"));
    let differs = [other.clone()];
    assert_eq!(
        service.refused_live_by(answering(&differs)).await,
        Some(Rule::Agreement)
    );
    let inactive = [other.clone(), ("active", json!(false))];
    assert_eq!(
        service.refused_live_by(answering(&inactive)).await,
        Some(Rule::Active)
    );
    for (rule, name, value) in [
        (Rule::Kind, "token_use", json!("refresh_token")),
        (Rule::Audience, "aud", json!("billing-api")),
        (Rule::Time, "exp", json!(1)),
        (Rule::Requirements, "scope", json!("profile")),
    ] {
        let alone = [(name, value.clone())];
        let refused = service.refused_live_by(answering(&alone)).await;
        assert_eq!(refused, Some(rule));
        let both = [(name, value), other.clone()];
        let refused = service.refused_live_by(answering(&both)).await;
        assert_eq!(refused, Some(Rule::Agreement), "before {rule:?}");
    }
}

/// What a JWT says of itself is enough to know that it is over.
#[tokio::test]
async fn nobody_is_asked_about_what_is_known_to_be_over() {
    let service = Service::introspecting().await;
    let attempt = |rules: &[Rule]| service.breaking(rules.iter().copied());
    let refused = service.refused_by(attempt(&[Rule::Audience])).await;
    assert_eq!(refused, Some(Rule::Audience));
    let calls = service.world.calls();
    let over = attempt(&[Rule::Audience, Rule::Revocation]);
    assert_eq!(service.refused_by(over).await, Some(Rule::Revocation));
    assert_eq!(service.world.calls(), calls);
}

#[test]
fn each_verdict_belongs_to_a_rule_and_nothing_else_does() {
    for reason in Reason::ALL.iter().copied() {
        let is_verdict = reason.status().is_client_error();
        assert_eq!(reason.rule().is_some(), is_verdict, "{reason:?}");
    }
}

#[test]
fn each_rule_stands_in_an_order_and_in_none_twice() {
    for order in [Rule::OF_JWTS, Rule::OF_ANSWERS] {
        for (place, rule) in order.iter().enumerate() {
            assert!(!order[..place].contains(rule), "{rule:?}");
        }
    }
    for rule in Reason::ALL.iter().filter_map(|reason| reason.rule()) {
        let is_applied = Rule::OF_JWTS.contains(&rule) || Rule::OF_ANSWERS.contains(&rule);
        assert!(is_applied, "{rule:?}");
    }
}
