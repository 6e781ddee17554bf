//! V17 and its neighbours: when a service says that it can judge tokens.

use std::time::Duration;

use http::StatusCode;
use portcullis::{CanAsk, Cause, Issuer, Readiness, RequirePermission};
use portcullis_conformance::{
    CLIENT_ID, CapturedLog, FRONT_END, Recorded, World, get, post_active, protected, until,
};
use portcullis_testing::{Answer, Endpoint, Fault, WellKnown};
use serde_json::json;
use tracing::Level;

const MINUTE: Duration = Duration::from_secs(60);

/// Asks until the fetch that asking has begun is over.
async fn settled(readiness: impl Fn() -> Readiness, wanted: &Readiness) {
    for _ in 0..1_000_000 {
        if readiness() == *wanted {
            return;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(readiness(), *wanted);
}

#[tokio::test]
async fn an_issuer_that_was_only_built_becomes_ready_by_being_asked() {
    let recorded = Recorded::start();
    let world = World::start().await;
    let issuer = world.realm().build().unwrap();
    let level = || {
        let name = world.server.issuer();
        recorded.seen(&format!("portcullis_readiness{{issuer=\"{name}\"}}"))
    };
    assert_eq!(level(), None);
    let loading = Readiness::NotReady(vec![Cause::KeysNotLoaded]);
    assert_eq!(issuer.readiness(), loading);
    assert_eq!(level(), Some(0.0));
    settled(|| issuer.readiness(), &Readiness::Ready).await;
    assert_eq!(level(), Some(2.0));
    assert_eq!(world.server.requests(Endpoint::Jwks).len(), 1);
}

#[tokio::test]
async fn an_issuer_with_fixed_keys_is_ready() {
    let world = World::start().await;
    let keys = world.server.jwks().to_string();
    let issuer = world.realm().keys(keys).build().unwrap();
    assert_eq!(issuer.readiness(), Readiness::Ready);
    assert_eq!(world.server.requests(Endpoint::Jwks).len(), 0);
}

#[tokio::test]
async fn old_keys_that_stand_in_are_degraded_and_too_old_ones_not_ready() {
    let world = World::start().await;
    let issuer = world.realm().connect().await.unwrap();
    let router = protected(issuer.jwt());
    assert_eq!(issuer.readiness(), Readiness::Ready);

    world.server.inject(Endpoint::Jwks, Fault::status(500));
    world.clock.advance(11 * MINUTE);
    let stale = Readiness::Degraded(vec![Cause::KeysNotRefreshed]);
    settled(|| issuer.readiness(), &stale).await;
    let token = || world.server.token().jwt();
    assert_eq!(get(&router, &token()).await.status, StatusCode::OK);

    world.clock.advance(60 * MINUTE);
    let too_old = Readiness::NotReady(vec![Cause::KeysTooOld]);
    settled(|| issuer.readiness(), &too_old).await;
    let reply = get(&router, &token()).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);

    world.server.clear_faults(Endpoint::Jwks);
    world.clock.advance(MINUTE);
    settled(|| issuer.readiness(), &Readiness::Ready).await;
    assert_eq!(get(&router, &token()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn v17_metadata_of_another_issuer_is_degraded_where_keys_stand_in() {
    let world = World::start().await;
    // The keys need no metadata here, so that nobody but readiness looks for it again.
    let jwks = world.server.url(Endpoint::Jwks);
    let issuer = world.asking().jwks_uri(jwks).build().unwrap();
    let router = protected(issuer.hybrid());
    let readiness = || issuer.readiness();
    settled(readiness, &Readiness::Ready).await;

    let other = json!({"issuer": "https://id.example.com/realms/test"});
    world.server.patch_discovery(&other);
    let (opaque, jwt) = (world.server.token().opaque(), world.server.token().jwt());
    get(&router, &opaque).await.assert_unavailable();
    let degraded = Readiness::Degraded(vec![Cause::OtherIssuer]);
    assert_eq!(readiness(), degraded);
    assert_eq!(get(&router, &jwt).await.status, StatusCode::OK);
    world.clock.advance(MINUTE);
    assert_eq!(readiness(), degraded);
    assert_eq!(get(&router, &jwt).await.status, StatusCode::OK);

    world.server.reset_discovery();
    world.clock.advance(MINUTE);
    settled(readiness, &Readiness::Ready).await;
    assert_eq!(get(&router, &opaque).await.status, StatusCode::OK);
}

#[tokio::test]
async fn v17_metadata_of_another_issuer_is_not_ready_without_keys_to_stand_in() {
    let world = World::start().await;
    let other = json!({"issuer": "https://id.example.com/realms/test"});
    world.server.patch_discovery(&other);
    let issuer = world.realm().build().unwrap();
    let router = protected(issuer.jwt());
    let readiness = || issuer.readiness();
    let not_ready = Readiness::NotReady(vec![Cause::OtherIssuer]);
    settled(readiness, &not_ready).await;
    let token = || world.server.token().jwt();
    get(&router, &token()).await.assert_unavailable();

    world.server.reset_discovery();
    world.clock.advance(MINUTE);
    settled(readiness, &Readiness::Ready).await;
    assert_eq!(get(&router, &token()).await.status, StatusCode::OK);

    // Keys that were fetched before stand in for an hour, and no longer.
    world.server.patch_discovery(&other);
    world.clock.advance(65 * MINUTE);
    let degraded = Readiness::Degraded(vec![Cause::OtherIssuer]);
    settled(readiness, &degraded).await;
    assert_eq!(get(&router, &token()).await.status, StatusCode::OK);
    world.clock.advance(10 * MINUTE);
    assert_eq!(readiness(), not_ready);
    get(&router, &token()).await.assert_unavailable();
}

#[tokio::test]
async fn an_issuer_without_keys_is_ready_where_it_can_be_asked_and_only_there() {
    let world = World::start().await;
    world.server.patch_discovery(&json!({"jwks_uri": null}));
    let asking = world.asking().build().unwrap();
    settled(|| asking.readiness(), &Readiness::Ready).await;
    let router = protected(asking.hybrid());
    let opaque = world.server.token().opaque();
    assert_eq!(get(&router, &opaque).await.status, StatusCode::OK);

    let local = world.realm().build().unwrap();
    let jwt = world.server.token().jwt();
    get(&protected(local.jwt()), &jwt)
        .await
        .assert_unavailable();
    let missing = Readiness::NotReady(vec![Cause::KeysNotLoaded]);
    assert_eq!(local.readiness(), missing);
}

/// Nothing is fetched of an issuer that is asked about every token at an address that was named.
#[tokio::test]
async fn a_named_endpoint_is_enough_where_every_token_is_asked_about() {
    let world = World::start().await;
    let documents = [Endpoint::Discovery, Endpoint::Jwks];
    for document in documents {
        world.server.inject(document, Fault::status(404));
    }
    let endpoint = world.server.url(Endpoint::Introspection);
    let named = || world.asking().introspection_endpoint(&*endpoint);
    let issuer = named().build().unwrap();
    let router = protected(issuer.introspection());
    for _ in 0..3 {
        assert_eq!(issuer.readiness(), Readiness::Ready);
        for token in [world.server.token().opaque(), world.server.token().jwt()] {
            assert_eq!(get(&router, &token).await.status, StatusCode::OK);
        }
        world.clock.advance(60 * MINUTE);
    }
    for document in documents {
        assert_eq!(world.server.request_count(document), 0, "{document:?}");
    }
    // What ails the endpoint is told as ever.
    let refused = Fault::status(401).times(2);
    world.server.inject(Endpoint::Introspection, refused);
    get(&router, &world.server.token().opaque()).await;
    let degraded = Readiness::Degraded(vec![Cause::ClientCredentialsRefused]);
    assert_eq!(issuer.readiness(), degraded);
}

#[tokio::test]
async fn a_named_endpoint_is_not_enough_for_whoever_needs_keys() {
    let world = World::start().await;
    for document in [Endpoint::Discovery, Endpoint::Jwks] {
        world.server.inject(document, Fault::status(404));
    }
    let endpoint = world.server.url(Endpoint::Introspection);
    let named = || world.asking().introspection_endpoint(&*endpoint);
    // Whoever verifies here, of whichever clone,
    let (local, hybrid) = (named().build().unwrap(), named().build().unwrap());
    drop(local.clone().jwt());
    drop(hybrid.clone().hybrid());
    // whoever reads what the issuer has signed,
    let signed = named().signed_introspection().build().unwrap();
    let told = named().logout_audiences([FRONT_END]).build().unwrap();
    let events = named().security_event_audience(CLIENT_ID).build().unwrap();
    // and whoever has to find the endpoint.
    let found = world.asking().build().unwrap();
    let all = [local, hybrid, signed, told, events, found];
    let is_missing = |issuer: &Issuer<CanAsk>| match issuer.readiness() {
        Readiness::NotReady(causes) => causes.contains(&Cause::KeysNotLoaded),
        Readiness::Ready | Readiness::Degraded(_) => false,
    };
    for issuer in &all {
        drop(issuer.introspection());
        assert!(is_missing(issuer));
    }
    for document in [Endpoint::Discovery, Endpoint::Jwks] {
        world.server.clear_faults(document);
    }
    world.clock.advance(MINUTE);
    for issuer in &all {
        until(|| !is_missing(issuer)).await;
    }
}

/// Permissions are asked for elsewhere than tokens are asked about.
#[tokio::test]
async fn whoever_asks_for_permissions_is_not_ready_before_it_is_known_where() {
    let world = World::start().await;
    world.server.inject(Endpoint::Discovery, Fault::status(404));
    let introspection = world.server.url(Endpoint::Introspection);
    let named = || world.asking().introspection_endpoint(&*introspection);
    let unused = named().build().unwrap();
    let (asking, clone) = {
        let asking = named().build().unwrap();
        (asking.clone(), asking)
    };
    let missing = Readiness::Degraded(vec![Cause::UmaMetadataMissing]);
    assert_eq!(asking.readiness(), Readiness::Ready);
    let uma = clone.uma();
    for issuer in [&asking, &clone] {
        assert_eq!(issuer.readiness(), missing);
    }
    assert_eq!(unused.readiness(), Readiness::Ready);

    // One that names where tokens are had finds out the rest for tickets alone.
    let token_endpoint = world.server.url(Endpoint::Token);
    let knowing = named().token_endpoint(&*token_endpoint).build().unwrap();
    let known = knowing.uma();
    drop(permission().asking(&known));
    assert_eq!(knowing.readiness(), Readiness::Ready);
    drop(permission().or_ticket(&known));
    assert_eq!(knowing.readiness(), missing);
    let permission_endpoint = world.server.url(Endpoint::Permission);
    let all = named().token_endpoint(&*token_endpoint);
    let all = all.permission_endpoint(&*permission_endpoint);
    let all = all.build().unwrap();
    drop(permission().or_ticket(&all.uma()));
    assert_eq!(all.readiness(), Readiness::Ready);

    world.server.clear_faults(Endpoint::Discovery);
    world.clock.advance(MINUTE);
    for issuer in [&asking, &knowing] {
        settled(|| issuer.readiness(), &Readiness::Ready).await;
    }
    let documents = world.server.request_count(Endpoint::Discovery);
    drop(permission().or_ticket(&uma));
    for issuer in [&asking, &clone, &knowing, &all] {
        assert_eq!(issuer.readiness(), Readiness::Ready);
    }
    assert_eq!(world.server.request_count(Endpoint::Discovery), documents);
}

/// Anybody may ask whether a service is ready, as often as he likes.
#[tokio::test]
async fn who_asks_for_readiness_does_not_decide_how_often_the_issuer_is_asked() {
    let log = CapturedLog::start();
    let world = World::start().await;
    let uma_document = WellKnown::Uma2Configuration;
    world.server.serve_well_known(uma_document, false);
    let introspection = world.server.url(Endpoint::Introspection);
    let issuer = world.asking().introspection_endpoint(&*introspection);
    let issuer = issuer.build().unwrap();
    drop(issuer.uma());
    let router = protected(issuer.introspection());
    // Once each second; the server answers one call after another, so that what was begun ends.
    let polls = async |seconds| {
        for _ in 0..seconds {
            if issuer.readiness() == Readiness::Ready {
                return true;
            }
            let other = world.server.token().opaque();
            assert_eq!(get(&router, &other).await.status, StatusCode::OK);
            world.clock.advance(Duration::from_secs(1));
        }
        false
    };
    let documents = || world.server.request_count(Endpoint::Discovery);
    assert!(!polls(65).await);
    until(|| documents() >= 3).await;
    assert_eq!(documents(), 3);
    let is_error = |level| level == Level::ERROR;
    let errors = || {
        log.lines()
            .iter()
            .filter(|line| is_error(line.level))
            .count()
    };
    assert_eq!(errors(), 1);

    world.server.serve_well_known(uma_document, true);
    assert!(polls(60).await);
    assert_eq!(documents(), 4);
}

fn permission() -> RequirePermission {
    RequirePermission::of("invoice", ["view"])
}

#[tokio::test]
async fn an_issuer_without_keys_can_be_connected_to_where_nothing_needs_them() {
    let world = World::start().await;
    world.server.patch_discovery(&json!({"jwks_uri": null}));
    let asking = world.asking().connect().await.unwrap();
    let router = protected(asking.introspection());
    let opaque = world.server.token().opaque();
    assert_eq!(get(&router, &opaque).await.status, StatusCode::OK);

    let signed = world.asking().signed_introspection().connect().await;
    let error = signed.map(drop).unwrap_err().to_string();
    assert!(error.contains("jwks_uri"), "{error}");
    let local = world.realm().connect().await.map(drop);
    assert!(local.unwrap_err().to_string().contains("jwks_uri"));
    // Any other failure to get them is one.
    world.server.reset_discovery();
    world.server.inject(Endpoint::Jwks, Fault::status(404));
    assert!(world.asking().connect().await.is_err());
}

#[tokio::test]
async fn what_ails_introspection_degrades() {
    let off = json!({"error": "access_denied", "error_description": "Realm not enabled"});
    for (fault, cause) in [
        (Fault::status(401), Cause::ClientCredentialsRefused),
        (
            Fault::answer(Answer::json(&off).status(403)),
            Cause::IssuerDisabled,
        ),
        (Fault::drop_before_answer(), Cause::IntrospectionSuspended),
    ] {
        let world = World::start().await;
        let issuer = world.asking().connect().await.unwrap();
        let router = protected(issuer.hybrid());
        assert_eq!(issuer.readiness(), Readiness::Ready);
        world.server.inject(Endpoint::Introspection, fault);
        for _ in 0..10 {
            post_active(&router, &world.server.token().jwt()).await;
        }
        assert_eq!(
            issuer.readiness(),
            Readiness::Degraded(vec![cause]),
            "{cause:?}"
        );
        // What is verified here goes on.
        let jwt = world.server.token().jwt();
        assert_eq!(get(&router, &jwt).await.status, StatusCode::OK, "{cause:?}");
    }
}

#[test]
fn causes_are_stable_words_and_sentences_that_name_nothing() {
    for cause in [
        Cause::KeysNotLoaded,
        Cause::KeysTooOld,
        Cause::OtherIssuer,
        Cause::KeysNotRefreshed,
        Cause::IntrospectionSuspended,
        Cause::ClientCredentialsRefused,
        Cause::IssuerDisabled,
        Cause::SecurityEventsSilent,
    ] {
        let mut code = cause.code().bytes();
        assert!(
            code.all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
            "{cause:?}"
        );
        let sentence = cause.to_string();
        assert!(
            sentence.contains(' ') && !sentence.contains("://"),
            "{sentence}"
        );
    }
}
