//! What is told of a token depends on who has signed it: nothing of what anybody could have made up.

use std::{collections::BTreeMap, time::Duration};

use axum::Router;
use http::StatusCode;
use portcullis::{Algorithm, CanAsk, Issuer, MultiIssuerVerifier, Reason, StatusLists};
use portcullis_conformance::{
    FRONT_END, Instance, Reply, T0, World, base64url, get, protected, resigned,
};
use portcullis_testing::{Endpoint, Fault, SigningAlgorithm, SigningKey, TokenBuilder};
use serde_json::{Value, json};

use super::{is_marked, told, unverified};

/// An issuer in development that has its keys, and two ways to verify its JWTs here.
async fn connected(world: &World) -> (Issuer<CanAsk>, [Router; 2]) {
    let issuer = world
        .asking()
        .algorithms([Algorithm::Rs256])
        .authorized_parties([FRONT_END])
        .danger_expose_diagnosis();
    let issuer = issuer.connect().await.unwrap();
    let routers = [protected(issuer.jwt()), protected(issuer.hybrid())];
    (issuer, routers)
}

/// What a token says wrongly, and what it is refused for.
fn mistakes(world: &World) -> Vec<(Reason, TokenBuilder)> {
    let token = || world.server.token().subject("alice");
    let bound = json!({"jkt": base64url([7; 32])});
    vec![
        (Reason::WrongAudience, token().audience("billing-api")),
        (Reason::WrongParty, token().claim("azp", "another-client")),
        (Reason::Expired, token().claim("exp", T0 - 3600)),
        (Reason::NotYetValid, token().claim("nbf", T0 + 3600)),
        (Reason::IssuedInFuture, token().claim("iat", T0 + 3600)),
        (Reason::SenderConstrained, token().claim("cnf", bound)),
        (
            Reason::NotAnAccessToken,
            token().header("typ", "logout+jwt"),
        ),
        (Reason::NotAnAccessToken, token().claim("typ", "ID")),
        (
            Reason::MalformedClaims,
            token().claim("sub", json!(["alice"])),
        ),
    ]
}

/// The same text under somebody else's signature.
fn forged(token: &str) -> String {
    let key = SigningKey::generate(SigningAlgorithm::RS256);
    resigned(token, |text| key.sign(text))
}

fn assert_untold(reply: &Reply) {
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert!(is_marked(reply));
    assert_eq!(reply.json()["diagnosis"], unverified());
}

/// Whatever stands in a token that was made up, the answer is the one that it would get in production,
/// and a text that is the same for all.
#[tokio::test]
async fn c18_one_that_is_forged_is_told_nothing_whatever_it_says() {
    let world = World::start().await;
    let (_issuer, routers) = connected(&world).await;
    let production = protected(
        world
            .asking()
            .algorithms([Algorithm::Rs256])
            .authorized_parties([FRONT_END])
            .connect()
            .await
            .unwrap()
            .jwt(),
    );
    let elsewhere = "https://id.example.com/realms/other";
    let mut tokens: Vec<String> = mistakes(&world)
        .into_iter()
        .map(|(_, token)| token.jwt())
        .collect();
    tokens.push(world.server.token().claim("iss", elsewhere).jwt());
    tokens.push(world.server.token().header("crit", json!(["exp"])).jwt());
    tokens.push(world.server.token().jwt());
    let (requests, mut bodies) = (world.server.total_request_count(), BTreeMap::new());
    for token in tokens {
        let token = forged(&token);
        for router in &routers {
            let reply = get(router, &token).await;
            assert_untold(&reply);
            let plain = get(&production, &token).await;
            let body = bodies
                .entry(plain.body)
                .or_insert_with(|| reply.body.clone());
            assert_eq!(*body, reply.body);
        }
    }
    // Nobody was asked for anything, by which more could be told.
    assert_eq!(world.server.total_request_count(), requests);
    let wrong_place = |body: &&axum::body::Bytes| {
        let body: Value = serde_json::from_slice(body).unwrap();
        body["error_description"] == Reason::WrongAudience.description()
    };
    let of_wrong_places = bodies.values().filter(wrong_place).count();
    assert_eq!(of_wrong_places, 1, "issuer, client and audience are one");
}

/// The other way round: what the issuer has signed is told, and nobody is called for it.
#[tokio::test]
async fn c18_one_that_the_issuer_has_signed_is_told_and_nobody_is_asked() {
    let world = World::start().await;
    let (_issuer, routers) = connected(&world).await;
    let requests = world.server.total_request_count();
    for (reason, token) in mistakes(&world) {
        let token = token.jwt();
        for router in &routers {
            let reply = get(router, &token).await;
            assert_eq!(reply.json()["diagnosis"], told(reason), "{reason:?}");
            assert_eq!(reply.json()["error_description"], reason.description());
        }
    }
    assert_eq!(world.server.total_request_count(), requests);
}

/// A key vouches for what is said in the name of its issuer, by an algorithm that is allowed.
#[tokio::test]
async fn c18_one_in_another_name_or_by_another_algorithm_is_told_nothing() {
    let world = World::start().await;
    let (_issuer, routers) = connected(&world).await;
    let other = |token: TokenBuilder| token.audience("billing-api");
    let issuer = world.server.issuer();
    for token in [
        other(world.server.token()).claim("iss", format!("{issuer}/")),
        other(world.server.token()).claim("iss", json!([issuer])),
        other(world.server.token()).claim("iss", Value::Null),
        other(world.server.token()).algorithm(SigningAlgorithm::ES256),
        other(world.server.token()).algorithm(SigningAlgorithm::PS256),
        other(world.server.token()).header("kid", "nobodys-key"),
    ] {
        let token = token.jwt();
        for router in &routers {
            assert_untold(&get(router, &token).await);
        }
    }
}

/// A wrong audience is told to the very first token: the keys are on their way by then.
#[tokio::test]
async fn c18_the_keys_are_fetched_once_at_the_start() {
    let world = World::start().await;
    let local = world.realm().danger_expose_diagnosis().build().unwrap();
    let asking = world.asking().danger_expose_diagnosis().build().unwrap();
    let wrong = world.server.token().audience("billing-api").jwt();
    for router in [
        protected(local.jwt()),
        protected(asking.jwt()),
        protected(asking.hybrid()),
    ] {
        let reply = get(&router, &wrong).await;
        assert_eq!(reply.json()["diagnosis"], told(Reason::WrongAudience));
        assert_untold(&get(&router, &forged(&wrong)).await);
    }
    // Metadata and keys, for each of the two.
    assert_eq!(world.server.total_request_count(), 4);

    // Where nobody's signature is looked at, none are needed until somebody's is.
    world.server.clear_requests();
    let endpoint = world.server.url(Endpoint::Introspection);
    let named = world.asking().introspection_endpoint(&*endpoint);
    let named = named.danger_expose_diagnosis().build().unwrap();
    let opaque = world.server.token().opaque();
    let asked = get(&protected(named.introspection()), &opaque).await;
    assert_eq!(asked.status, StatusCode::OK);
    assert_eq!(world.server.request_count(Endpoint::Jwks), 0);
    for router in [protected(named.jwt()), protected(named.jwt())] {
        let reply = get(&router, &wrong).await;
        assert_eq!(reply.json()["diagnosis"], told(Reason::WrongAudience));
    }
    assert_eq!(world.server.request_count(Endpoint::Jwks), 1);

    // In service nothing is fetched before it is needed.
    world.server.clear_requests();
    let service = world.asking().build().unwrap();
    let router = protected(service.hybrid());
    assert_eq!(get(&router, &wrong).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.server.total_request_count(), 0);
}

/// While they could not be had, and when they are too old, there is nobody to say who has signed a token:
/// keys are fetched for tokens that pass, as ever.
#[tokio::test]
async fn c18_no_key_is_fetched_for_it() {
    let world = World::start().await;
    world.server.inject(Endpoint::Jwks, Fault::status(500));
    let issuer = world.realm().danger_expose_diagnosis().build().unwrap();
    let router = protected(issuer.jwt());
    let wrong = || {
        let token = world.server.token().audience("billing-api");
        token.jwt()
    };
    assert_untold(&get(&router, &wrong()).await);
    world.server.clear_faults(Endpoint::Jwks);
    world.clock.advance(Duration::from_secs(60));
    let requests = world.server.total_request_count();
    assert_untold(&get(&router, &wrong()).await);
    assert_eq!(world.server.total_request_count(), requests);

    let good = world.server.token().jwt();
    assert_eq!(get(&router, &good).await.status, StatusCode::OK);
    let requests = world.server.total_request_count();
    let is_told = async |router: &Router| {
        let diagnosis = &get(router, &wrong()).await.json()["diagnosis"];
        *diagnosis == told(Reason::WrongAudience)
    };
    assert!(is_told(&router).await);
    // So long that keys would be fetched anew, and they may still stand in.
    world.clock.advance(Duration::from_secs(30 * 60));
    assert!(is_told(&router).await);
    world.clock.advance(Duration::from_secs(60 * 60));
    assert_untold(&get(&router, &wrong()).await);
    assert_eq!(world.server.total_request_count(), requests);
}

/// There is no runtime yet where a program puts itself together.
#[test]
fn c18_an_issuer_is_built_without_a_runtime_all_the_same() {
    let issuer = Issuer::builder("https://id.example.com").unwrap();
    let issuer = issuer.audience("orders-api").danger_expose_diagnosis();
    drop(issuer.build().unwrap().jwt());
}

/// Keys that were given by hand are always there.
#[tokio::test]
async fn c18_given_keys_say_who_has_signed_a_token() {
    let world = World::start().await;
    let keys = world.server.jwks().to_string();
    let issuer = world.realm().keys(&keys).danger_expose_diagnosis();
    let router = protected(issuer.build().unwrap().jwt());
    let token = world.server.token().audience("billing-api").jwt();
    let reply = get(&router, &token).await;
    assert_eq!(reply.json()["diagnosis"], told(Reason::WrongAudience));
    assert_untold(&get(&router, &forged(&token)).await);
    assert_eq!(world.server.total_request_count(), 0);
}

/// One that is known was verified before; it cannot be forged by being over.
#[tokio::test]
async fn c18_one_that_is_remembered_is_told() {
    let world = World::start().await;
    let (_issuer, routers) = connected(&world).await;
    let token = world.server.token().expires_in(Duration::from_secs(60));
    let token = token.jwt();
    for router in &routers {
        assert_eq!(get(router, &token).await.status, StatusCode::OK);
    }
    world.clock.advance(Duration::from_secs(120));
    for router in &routers {
        let reply = get(router, &token).await;
        assert_eq!(reply.json()["diagnosis"], told(Reason::Expired));
        assert_untold(&get(router, &forged(&token)).await);
    }
}

/// Nobody is asked about a token whose session is over by its own account. Whether that is so must
/// not be told to whoever has made it up.
#[tokio::test]
async fn c18_a_forged_token_does_not_learn_whose_session_is_over() {
    let world = World::start().await;
    let issuer = world.told().danger_expose_diagnosis();
    let instance = Instance::with(&world, issuer).await;
    let router = &instance.introspection;
    let [over, going_on] = [(); 2].map(|()| world.server.login("alice"));
    let token = over.token().jwt();
    assert_eq!(get(router, &token).await.status, StatusCode::OK);
    instance.hear_of(&over).await;

    let calls = world.calls();
    let invented = get(router, &forged(&over.token().jwt())).await;
    assert_eq!(world.calls(), calls, "it is over by its own account");
    assert_eq!(invented.json()["diagnosis"], told(Reason::Inactive));
    let other = get(router, &forged(&going_on.token().jwt())).await;
    assert_eq!(world.calls(), calls + 1);
    assert_eq!(invented.body, other.body);

    let is_told = async |router: &Router| {
        let diagnosis = &get(router, &token).await.json()["diagnosis"];
        *diagnosis == told(Reason::Revoked)
    };
    for router in [router, &instance.hybrid, &instance.jwt] {
        assert!(is_told(router).await);
    }
    // So long that the server's answer is kept no longer: it has vouched for the token all the same.
    world.clock.advance(Duration::from_secs(60));
    assert!(is_told(router).await);
    assert_eq!(world.calls(), calls + 1);
}

/// What is refused once there are facts of it was verified, whichever rule it is.
#[tokio::test]
async fn c18_what_is_refused_on_facts_is_told() {
    let world = World::start().await;
    let issuer = world
        .told()
        .status_lists(StatusLists::at_issuer())
        .max_token_lifetime(Duration::from_secs(600))
        .danger_expose_diagnosis();
    let instance = Instance::with(&world, issuer).await;
    let session = world.server.login("alice");
    for (reason, token) in [
        (
            Reason::LivesTooLong,
            session.token().expires_in(Duration::from_secs(3600)),
        ),
        (
            Reason::MalformedClaims,
            session.token().claim("status", "fine"),
        ),
    ] {
        let token = token.jwt();
        let reply = get(&instance.jwt, &token).await;
        assert_eq!(reply.json()["diagnosis"], told(reason));
        assert_untold(&get(&instance.jwt, &forged(&token)).await);
    }
}

/// Where there are several issuers, a token of none of them is like any other.
#[tokio::test]
async fn c18_several_issuers_tell_no_more_than_one() {
    let world = World::start().await;
    let issuer = world.realm().danger_expose_diagnosis();
    let issuer = issuer.connect().await.unwrap();
    let verifier = MultiIssuerVerifier::builder().local(&issuer).build();
    let router = protected(verifier.unwrap());
    let elsewhere = "https://id.example.com/realms/other";
    for token in [
        world.server.token().claim("iss", elsewhere),
        world.server.token().claim("iss", Value::Null),
    ] {
        assert_untold(&get(&router, &token.jwt()).await);
    }
    let wrong = world.server.token().audience("billing-api").jwt();
    let reply = get(&router, &wrong).await;
    assert_eq!(reply.json()["diagnosis"], told(Reason::WrongAudience));
    assert_untold(&get(&router, &forged(&wrong)).await);
}
