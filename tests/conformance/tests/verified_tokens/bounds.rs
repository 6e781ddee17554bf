//! How much is remembered, and of whom.

use portcullis_testing::SigningAlgorithm;

use crate::support::Service;

#[tokio::test]
async fn nothing_is_remembered_where_that_is_switched_off() {
    let service = Service::with(|issuer| issuer.verified_token_cache_bytes(0)).await;
    let token = service.token();
    for count in 1..=3 {
        service.admits(&token, count).await;
    }
}

/// Room is made as tokens come, and not before.
#[tokio::test]
async fn any_number_of_bytes_will_do() {
    for (bytes, looked_at) in [(1, [1, 2]), (u64::MAX, [1, 1])] {
        let service = Service::with(|issuer| issuer.verified_token_cache_bytes(bytes)).await;
        let token = service.token();
        for looked_at in looked_at {
            service.admits(&token, looked_at).await;
        }
    }
}

/// Tokens that come once pass by those that are used.
#[tokio::test]
async fn a_flood_of_tokens_that_come_once_pushes_out_none_that_is_used() {
    const ROOM_FOR: u64 = 200;
    let service =
        Service::with(|issuer| issuer.verified_token_cache_bytes(ROOM_FOR * (12 << 10))).await;
    let es256 = || {
        let token = service.world.server.token();
        token.algorithm(SigningAlgorithm::ES256).jwt()
    };
    let used: Vec<_> = (0..50).map(|_| es256()).collect();
    for _ in 0..3 {
        for token in &used {
            assert!(service.status(token).await.is_success());
        }
    }
    assert_eq!(service.looked_at(), used.len());
    for number in 0..20 * ROOM_FOR {
        assert!(service.status(&es256()).await.is_success());
        // They go on being used, now and then.
        if number % 100 == 0 {
            for token in &used {
                assert!(service.status(token).await.is_success());
            }
        }
    }
    let once = (20 * ROOM_FOR) as usize;
    assert_eq!(service.looked_at(), used.len() + once);
}

/// What is refused for its signature takes up no room.
#[tokio::test]
async fn only_what_was_verified_is_remembered() {
    let service = Service::start().await;
    let stranger = portcullis_testing::SigningKey::generate(SigningAlgorithm::RS256);
    let own = service.world.server.signing_key(SigningAlgorithm::RS256);
    let forged = service
        .world
        .server
        .token()
        .signed_with(&stranger.with_key_id(own.key_id()))
        .jwt();
    for count in 1..=3 {
        service.refuses(&forged).await;
        assert_eq!(service.looked_at(), count);
    }
}
