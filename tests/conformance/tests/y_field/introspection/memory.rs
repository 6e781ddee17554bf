//! How long an answer is kept, and where.

use std::time::Duration;

use portcullis_conformance::{World, get, post_active, protected};

use crate::support::{SECOND, assert_ok, calls};

#[tokio::test]
async fn y23_mitreid_connect_837_a_revocation_is_seen_long_before_exp() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().introspection());
    let hour = || world.server.token().expires_in(Duration::from_secs(3600));
    let token = hour().opaque();
    assert_ok(&get(&router, &token).await);
    world.server.revoke(&token);
    world.clock.advance(Duration::from_secs(30));
    get(&router, &token).await.assert_invalid_token();

    // Who wishes the opposite has to say so.
    let issuer = world.asking();
    let issuer = issuer.introspection_cache(Duration::from_secs(600));
    let router = protected(issuer.build().unwrap().introspection());
    let token = hour().opaque();
    assert_ok(&get(&router, &token).await);
    let asked = calls(&world);
    world.clock.advance(Duration::from_secs(599));
    assert_ok(&get(&router, &token).await);
    assert_eq!(calls(&world), asked);
}

#[tokio::test]
async fn y24_sechub_4099_a_kept_inactive_stays_inactive_and_is_not_kept_as_long() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().introspection());
    let token = world.server.token().opaque();
    world.server.disable_user("alice");
    for _ in 0..3 {
        get(&router, &token).await.assert_invalid_token();
    }
    assert_eq!(calls(&world), 1);
    world.server.enable_user("alice");
    world.clock.advance(Duration::from_secs(5));
    assert_ok(&get(&router, &token).await);
}

#[tokio::test]
async fn y25_lua_resty_openidc_523_a_flood_of_bad_tokens_takes_no_good_ones_place() {
    let world = World::start().await;
    let issuer = world.asking().introspection_cache_bytes(256 * 1024);
    let router = protected(issuer.build().unwrap().introspection());
    let tokens = || (0..10).map(|_| world.server.token().opaque());
    let before: Vec<_> = tokens().collect();
    for token in &before {
        assert_ok(&get(&router, token).await);
    }
    for number in 0..2_000 {
        let bad = format!("a-token-that-nobody-has-issued-{number}");
        get(&router, &bad).await.assert_invalid_token();
    }
    let after: Vec<_> = tokens().collect();
    for token in &after {
        assert_ok(&get(&router, token).await);
    }
    let asked = calls(&world);
    for token in before.iter().chain(&after) {
        assert_ok(&get(&router, token).await);
    }
    assert_eq!(calls(&world), asked, "every good one is remembered");
}

#[tokio::test]
async fn y28_quarkus_34104_21582_the_cache_is_used_and_introspection_is_what_it_says() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let (asking, local) = (
        protected(issuer.introspection()),
        protected(issuer.hybrid()),
    );
    let token = world.server.token().jwt();
    // A JWT that could be judged here is asked about all the same where the service says so.
    assert_ok(&get(&asking, &token).await);
    assert_eq!(calls(&world), 1);
    assert_ok(&get(&asking, &token).await);
    assert_eq!(calls(&world), 1, "the cache is used");
    // Where it says otherwise it is not, except for a live answer.
    let token = world.server.token().jwt();
    assert_ok(&get(&local, &token).await);
    assert_eq!(calls(&world), 1);
    assert_ok(&post_active(&local, &token).await);
    assert_eq!(calls(&world), 2);
}

#[tokio::test]
async fn y30_zitadel_6462_a_slow_server_is_asked_twice_a_minute_and_for_each_live_route() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().introspection());
    let token = world.server.token().opaque();
    for _ in 0..59 {
        assert_ok(&get(&router, &token).await);
        world.clock.advance(SECOND);
    }
    assert_eq!(calls(&world), 2);
    for _ in 0..10 {
        assert_ok(&post_active(&router, &token).await);
    }
    assert_eq!(calls(&world), 12);
}
