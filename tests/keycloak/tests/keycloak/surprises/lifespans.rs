//! How long tokens live, which nothing published says.

use portcullis_keycloak_suite::payload_of;

use super::scene::OwnRealm;
use crate::environment::{SHOP_MOBILE, SHOP_WEB, run};

#[test]
fn the_lifespan_of_a_client_beats_that_of_the_realm_up_to_the_most_that_a_session_lives() {
    run(async |env| {
        let own = OwnRealm::set(env, "shop-lifespans", &[]).await;
        own.admin.set_token_lifespan(60).await.unwrap();
        let set = own.admin.set_client_token_lifespan(SHOP_MOBILE.id, 86400);
        set.await.unwrap();
        let tokens = own.log_in(SHOP_WEB).await;
        assert_eq!(lifespan(&tokens.access), 60);
        let tokens = own.log_in(SHOP_MOBILE).await;
        assert_eq!(lifespan(&tokens.access), 36000);

        own.admin.set_session_lifespans(600, 50).await.unwrap();
        for client in [SHOP_WEB, SHOP_MOBILE] {
            let tokens = own.log_in(client).await;
            assert_eq!(lifespan(&tokens.access), 50, "{}", client.id);
        }
        own.delete().await;
    });
}

#[test]
fn a_client_may_end_its_part_of_a_session_earlier() {
    run(async |env| {
        let own = OwnRealm::set(env, "shop-session-lifespans", &[]).await;
        let set = own.admin.set_client_session_lifespans(SHOP_WEB.id, 40, 70);
        set.await.unwrap();
        let tokens = own.log_in(SHOP_WEB).await;
        assert_eq!(lifespan(&tokens.refresh.unwrap()), 40);
        assert_eq!(lifespan(&tokens.access), 70);
        own.delete().await;
    });
}

fn lifespan(token: &str) -> u64 {
    let claims = payload_of(token);
    claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap()
}
