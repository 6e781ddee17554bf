//! What it never tells, whatever a request is refused for.

use std::{collections::BTreeSet, time::Duration};

use axum::Router;
use http::{Request, header};
use portcullis::{IssuerBuilder, Reason, Rule};
use portcullis_conformance::{
    AUDIENCE, CLIENT_ID, CLIENT_SECRET, FRONT_END, Reply, World, get, parts, post_active,
    protected, send,
};
use portcullis_testing::{Answer, Endpoint, Fault, SigningAlgorithm};
use serde_json::json;

use super::{is_marked, told, unverified};
use crate::{attempt::Form, service::Service};

/// What no client may learn from a body.
struct Canaries(Vec<String>);

impl Canaries {
    fn of(world: &World) -> Self {
        let key = world.server.signing_key(SigningAlgorithm::RS256);
        let texts = [
            world.server.issuer(),
            world.server.origin(),
            &world.server.address().to_string(),
            key.key_id(),
            AUDIENCE,
            CLIENT_ID,
            CLIENT_SECRET,
            FRONT_END,
            "alice",
            "another-client",
            "billing-api",
            "https://",
            "17000",
        ];
        Self(texts.map(str::to_owned).to_vec())
    }

    /// Asserts that an answer says why, in the words that belong to its reason, or that it does not say
    /// it; and that it tells none of these.
    fn are_safe_in(&self, reply: &Reply, more: &[&str]) -> Option<Reason> {
        assert!(is_marked(reply), "{reply:?}");
        let diagnosis = &reply.json()["diagnosis"];
        let code = diagnosis["reason"].as_str().unwrap();
        let reason = Reason::ALL.iter().find(|reason| reason.code() == code);
        let reason = reason.copied();
        assert_eq!(*diagnosis, reason.map_or_else(unverified, told));
        let text = String::from_utf8(reply.body.to_vec()).unwrap();
        for canary in self
            .0
            .iter()
            .map(String::as_str)
            .chain(more.iter().copied())
        {
            assert!(!text.contains(canary), "{reason:?} tells {canary:?}");
        }
        reason
    }
}

#[tokio::test]
async fn c18_whatever_a_token_is_refused_for_nothing_of_it_is_told() {
    let mut seen = BTreeSet::new();
    for (form, rules) in [(Form::Jwt, Rule::OF_JWTS), (Form::Opaque, Rule::OF_ANSWERS)] {
        let service = Service::with(form, IssuerBuilder::danger_expose_diagnosis).await;
        let (canaries, router) = (Canaries::of(&service.world), service.router());
        for rule in rules.iter().copied() {
            if rule == Rule::Agreement {
                continue;
            }
            let attempt = service.breaking([rule]);
            let request = service.request(&attempt).await;
            let credentials = request.headers()[header::AUTHORIZATION].to_str().unwrap();
            let token = credentials.trim_start_matches("DPoP ").to_owned();
            let mut texts: Vec<&str> = token.split('.').filter(|part| part.len() > 3).collect();
            texts.extend([attempt.session.id(), "DELETE", "logout+jwt", "nobodys-key"]);
            let reply = send(&router, request).await;
            let reason = canaries.are_safe_in(&reply, &texts);
            if form == Form::Jwt && UNVERIFIED.contains(&rule) {
                assert_eq!(reason, None, "{rule:?}");
            } else {
                assert_eq!(reason.and_then(Reason::rule), Some(rule));
            }
            seen.extend(reason.map(Reason::code));
        }
    }
    let told = Rule::OF_JWTS.len() - UNVERIFIED.len();
    assert!(seen.len() >= told, "{seen:?}");
}

/// Whoever breaks one of these has sent nothing that the issuer has signed in its own name, as far as
/// is known.
const UNVERIFIED: [Rule; 5] = [
    Rule::Header,
    Rule::Algorithm,
    Rule::Issuer,
    Rule::Key,
    Rule::Signature,
];

/// Two statements that differ, and a server that adds a word of its own wherever it can.
#[tokio::test]
async fn c18_whatever_the_server_says_nothing_of_it_is_told() {
    let world = World::start().await;
    let issuer = world.asking().danger_expose_diagnosis().build().unwrap();
    let (canaries, router) = (Canaries::of(&world), protected(issuer.hybrid()));
    let own = json!({"error": "its-own-error", "error_description": "its-own-words"}).to_string();
    let said = |status| {
        let answer = Answer::new(status).header("content-type", "application/json");
        Fault::answer(answer.body(own.clone().into_bytes()))
    };
    let mut seen = BTreeSet::new();
    for fault in [
        said(200),
        said(400),
        said(401),
        said(403),
        said(500),
        Fault::drop_before_answer(),
    ] {
        world.server.inject(Endpoint::Introspection, fault);
        let token = world.server.token().subject("alice").jwt();
        let reply = post_active(&router, &token).await;
        seen.insert(refused(&canaries, &reply, &token).code());
        world.server.clear_faults(Endpoint::Introspection);
        world.clock.advance(Duration::from_secs(120));
    }
    for patch in [
        json!({"sub": "mallory"}),
        json!({"active": false, "reason": "its-own-words"}),
        json!({"aud": "billing-api"}),
    ] {
        let token = world.server.token().introspects_as(patch).jwt();
        let reply = post_active(&router, &token).await;
        seen.insert(refused(&canaries, &reply, &token).code());
    }
    world.server.stop().await.unwrap();
    world.clock.advance(Duration::from_secs(120));
    let reply = post_active(&router, &world.server.token().jwt()).await;
    seen.extend(canaries.are_safe_in(&reply, &[]).map(Reason::code));
    let unconnected = world.realm().danger_expose_diagnosis().build().unwrap();
    let reply = get(&protected(unconnected.jwt()), &world.server.token().jwt()).await;
    seen.extend(canaries.are_safe_in(&reply, &[]).map(Reason::code));
    for expected in [
        Reason::StatementsDisagree,
        Reason::Inactive,
        Reason::WrongAudience,
        Reason::ClientCredentialsRefused,
        Reason::IssuerAnswerMalformed,
        Reason::IssuerUnreachable,
        Reason::KeysUnavailable,
    ] {
        assert!(seen.contains(expected.code()), "{expected:?}: {seen:?}");
    }
}

fn refused(canaries: &Canaries, reply: &Reply, token: &str) -> Reason {
    let mut texts = parts(token).to_vec();
    texts.extend(["its-own", "mallory"]);
    canaries.are_safe_in(reply, &texts).unwrap()
}

/// A request without credentials reaches no verifier, and is told the same way.
#[tokio::test]
async fn c18_who_presents_nothing_is_told_no_more() {
    let world = World::start().await;
    let issuer = world.realm().danger_expose_diagnosis().build().unwrap();
    let router: Router = protected(issuer.jwt());
    let request = Request::get("/").body(axum::body::Body::empty()).unwrap();
    let reply = send(&router, request).await;
    let reason = Canaries::of(&world).are_safe_in(&reply, &[]);
    assert_eq!(reason, Some(Reason::MissingToken));
}
