//! A hit is judged as a miss is.

use std::time::Duration;

use axum::{Router, routing::get as on_get};
use http::StatusCode;
use portcullis::{AuthenticateLayer, Reason, Rejection, RequireLayer, Requirement, TokenFacts};
use portcullis_conformance::{AUDIENCE, T0, World, get, protected};
use serde_json::{Value, json};

use super::scoped;
use crate::support::{assert_ok, calls, get_at};

#[tokio::test]
async fn y17_oathkeeper_743_a_kept_answer_does_not_skip_the_scope_check() {
    let world = World::start().await;
    let router = scoped(world.asking().build().unwrap().introspection());
    let token = world.server.token().scope("read").opaque();
    assert_ok(&get_at(&router, "/read", &token).await);
    let reply = get_at(&router, "/write", &token).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert_eq!(calls(&world), 1);
}

/// A requirement of an application's own.
struct OfTenant(&'static str);

impl Requirement for OfTenant {
    fn judge(&self, facts: &TokenFacts, _: portcullis::Timestamp) -> Result<(), Rejection> {
        let claims = facts.claims::<Value>().unwrap();
        if claims["tenant"] == self.0 {
            return Ok(());
        }
        Err(Rejection::because(
            Reason::RequirementNotMet,
            "another tenant's",
        ))
    }
}

#[tokio::test]
async fn y19_heimdall_3452_a_kept_answer_skips_no_rule_of_the_route() {
    let world = World::start().await;
    let tenant = |name| on_get(|| async {}).route_layer(RequireLayer::new(OfTenant(name)));
    let router = Router::new()
        .route("/red", tenant("red"))
        .route("/blue", tenant("blue"))
        .layer(AuthenticateLayer::new(
            world.asking().build().unwrap().introspection(),
        ));
    let token = world.server.token().claim("tenant", "red").opaque();
    for _ in 0..2 {
        assert_ok(&get_at(&router, "/red", &token).await);
        let reply = get_at(&router, "/blue", &token).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(calls(&world), 1);
}

#[tokio::test]
async fn y21_mcp_toolbox_cve_2026_11717_no_active_is_not_active() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().introspection());
    let good = json!({"active": true, "aud": AUDIENCE, "sub": "alice", "exp": T0 + 300});
    world.server.set_introspection_answer("good", good.clone());
    assert_ok(&get(&router, "good").await);
    let mut silent = good;
    silent.as_object_mut().unwrap().remove("active");
    world.server.set_introspection_answer("silent", silent);
    get(&router, "silent").await.assert_unavailable();
}

/// A token that its server goes on calling active.
fn immortal(world: &World) -> &'static str {
    let answer = json!({"active": true, "aud": AUDIENCE, "exp": T0 + 5});
    world.server.set_introspection_answer("immortal", answer);
    "immortal"
}

#[tokio::test]
async fn y22_mod_oauth2_14_an_answer_is_good_no_longer_than_its_token() {
    let world = World::start().await;
    let issuer = world.asking().leeway(Duration::ZERO);
    let issuer = issuer.introspection_cache(Duration::from_secs(300));
    let router = protected(issuer.build().unwrap().introspection());
    let token = immortal(&world);
    assert_ok(&get(&router, token).await);
    world.clock.advance(Duration::from_secs(4));
    assert_ok(&get(&router, token).await);
    assert_eq!(calls(&world), 1);
    world.clock.advance(Duration::from_secs(1));
    get(&router, token).await.assert_invalid_token();
}

/// Time passes for the clock on the wall, not for the age of what is kept.
#[tokio::test]
async fn y29_synapse_16117_a_hit_looks_at_exp_and_not_at_its_own_age_only() {
    let world = World::start().await;
    let issuer = world.asking().leeway(Duration::ZERO).build().unwrap();
    let router = protected(issuer.introspection());
    let token = immortal(&world);
    assert_ok(&get(&router, token).await);
    world.clock.jump_to(T0 + 5);
    get(&router, token).await.assert_invalid_token();
}

/// What a server says of an inactive token beside that it is inactive counts for nothing.
#[tokio::test]
async fn y40_keycloak_51284_the_token_in_an_inactive_answer_is_not_used() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let phantom = world.asking().phantom_token().build().unwrap();
    let jwt = world.server.token().jwt();
    let mut leak = world.server.introspect(&jwt);
    leak["jwt"] = jwt.as_str().into();
    world
        .server
        .set_introspection_answer("active", leak.clone());
    leak["active"] = false.into();
    world.server.set_introspection_answer("inactive", leak);
    for router in [
        protected(issuer.introspection()),
        protected(issuer.hybrid()),
        protected(phantom.introspection()),
    ] {
        assert_ok(&get(&router, "active").await);
        for _ in 0..2 {
            let reply = get(&router, "inactive").await;
            reply.assert_invalid_token();
            let text = format!("{:?} {:?}", reply.headers, reply.body);
            assert!(!text.contains(&jwt), "{text}");
        }
    }
}
