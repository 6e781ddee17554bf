//! A service account that logs itself in and out, to see whether news of a logout arrives.

use portcullis_keycloak_suite::payload_of;

use super::scene::{assert_active, log_out, sid_of};
use crate::{
    environment::{CANARY, run},
    receiver::Receiver,
};

const FLIGHTS: usize = 10;

#[test]
fn the_session_of_a_service_account_ends_with_a_notice_each_time() {
    run(async |env| {
        let receiver = Receiver::start().await;
        env.admin
            .set_backchannel_logout_url(CANARY.id, &receiver.logout_url())
            .await
            .unwrap();
        for _ in 0..FLIGHTS {
            let tokens = env.shop.client_credentials(CANARY).await.unwrap();
            assert_active(&env.shop, &tokens.access, true).await;
            log_out(&env.shop, CANARY, &tokens).await;
            let notice = receiver.message().await.claims();
            assert_eq!(notice["aud"], CANARY.id);
            assert_eq!(notice["sid"], sid_of(&tokens.access));
            assert_eq!(notice["sub"], payload_of(&tokens.access)["sub"]);
            assert_active(&env.shop, &tokens.access, false).await;
        }
        assert!(receiver.messages().await.is_empty());
    });
}
