//! Tokens that are bound to a key, where nobody judges proofs.

use portcullis_conformance::{CapturedLog, get};
use portcullis_testing::SigningAlgorithm;

use crate::{
    holder::Holder,
    world::{LEDGER, ORDERS, World, services},
};

#[tokio::test]
async fn a_token_bound_to_a_key_is_refused_as_a_bearer_token() {
    let Some(world) = World::start().await else {
        return;
    };
    let holder = Holder::of(SigningAlgorithm::ES256).await;
    let log = CapturedLog::start();
    for resource in [ORDERS, LEDGER] {
        let token = holder.token(&world, resource).await;
        let [(_, introspection), (_, hybrid)] = services(world.asking().resource(LEDGER));
        get(&hybrid, &token).await.assert_invalid_token();
        assert_eq!(log.last_rejection().unwrap().0, "sender_constrained");
        if resource == ORDERS {
            let said = world.shop.introspect(&token).await.unwrap();
            assert!(said["cnf"]["jkt"].is_string(), "{said}");
            get(&introspection, &token).await.assert_invalid_token();
            assert_eq!(log.last_rejection().unwrap().0, "sender_constrained");
        }
    }
}
