//! Permissions that the token itself says.

use std::time::Duration;

use portcullis::RequirePermission;
use portcullis_conformance::{AUDIENCE, T0, World, get as bearing};
use serde_json::json;

use crate::{RESOURCE, assert_forbidden, permitting, status, view, wanting};

#[tokio::test]
async fn t9_the_permissions_of_a_jwt_by_name_or_id() {
    let world = World::start().await;
    let jwt = world.realm().connect().await.unwrap().jwt();
    let token = permitting(
        world.server.token(),
        json!([
            {"rsid": "6f1d", "rsname": RESOURCE, "scopes": ["view", "print"]},
            {"rsid": "77aa", "rsname": "another"},
        ]),
    );
    let token = token.jwt();
    let none: [&str; 0] = [];
    for (requirement, expected) in [
        (view(), 200),
        (RequirePermission::of(RESOURCE, ["view", "print"]), 200),
        (RequirePermission::of(RESOURCE, none), 200),
        (RequirePermission::of_id("6f1d", ["view"]), 200),
        (RequirePermission::of(RESOURCE, ["edit"]), 403),
        (RequirePermission::of(RESOURCE, ["view", "edit"]), 403),
        (RequirePermission::of("another", none), 200),
        (RequirePermission::of("another", ["view"]), 403),
        (RequirePermission::of("third", none), 403),
        // A name is no id, and an id no name: users may choose one that looks like the other.
        (RequirePermission::of("6f1d", ["view"]), 403),
        (RequirePermission::of_id(RESOURCE, ["view"]), 403),
        (RequirePermission::of("", none), 403),
    ] {
        let router = wanting(jwt.clone(), requirement.clone());
        assert_eq!(status(&router, &token).await, expected, "{requirement:?}");
    }
}

#[tokio::test]
async fn t7_resource_and_scope_match_exactly() {
    let world = World::start().await;
    let router = wanting(world.realm().connect().await.unwrap().jwt(), view());
    for (entry, expected) in [
        (
            json!({"rsid": "1", "rsname": RESOURCE, "scopes": ["view"]}),
            200,
        ),
        // Where there are no names, the id is what there is.
        (
            json!({"resource_id": RESOURCE, "resource_scopes": ["view"]}),
            200,
        ),
        (
            json!({"rsid": "1", "rsname": "Hello-World-Resource", "scopes": ["view"]}),
            403,
        ),
        (
            json!({"rsid": "1", "rsname": "hello-world", "scopes": ["view"]}),
            403,
        ),
        (
            json!({"rsid": RESOURCE, "rsname": "mine", "scopes": ["view"]}),
            403,
        ),
        (
            json!({"rsid": "1", "rsname": RESOURCE, "scopes": ["View"]}),
            403,
        ),
        (
            json!({"rsid": "1", "rsname": RESOURCE, "scopes": ["view print"]}),
            403,
        ),
        (json!({"scopes": ["view"]}), 403),
    ] {
        let token = permitting(world.server.token(), json!([entry])).jwt();
        assert_eq!(status(&router, &token).await, expected, "{entry}");
    }
}

#[tokio::test]
async fn t7_the_scopes_of_several_permissions_add_up() {
    let world = World::start().await;
    let both = RequirePermission::of(RESOURCE, ["view", "print"]);
    let router = wanting(world.realm().connect().await.unwrap().jwt(), both);
    let half = |scope: &str| json!({"rsid": "1", "rsname": RESOURCE, "scopes": [scope]});
    let whole = json!([half("view"), half("print")]);
    let token = permitting(world.server.token(), whole).jwt();
    assert_eq!(status(&router, &token).await, 200);
    let token = permitting(world.server.token(), json!([half("view")])).jwt();
    assert_forbidden(&bearing(&router, &token).await);
}

/// Another resource server may have a resource of that name.
#[tokio::test]
async fn t7_in_a_token_for_others_too_a_name_permits_nothing() {
    let world = World::start().await;
    let issuer = world.realm().audience("orders-web").connect().await;
    let jwt = issuer.unwrap().jwt();
    let named = wanting(jwt.clone(), view());
    let by_id = wanting(jwt, RequirePermission::of_id("6f1d", ["view"]));
    for (aud, expected) in [
        (json!(AUDIENCE), 200),
        (json!([AUDIENCE]), 200),
        (json!([AUDIENCE, "orders-web"]), 200),
        (json!([AUDIENCE, "invoices"]), 403),
        (json!(["invoices", AUDIENCE, "orders-web"]), 403),
    ] {
        for (entry, has_id) in [
            (
                json!({"rsid": "6f1d", "rsname": RESOURCE, "scopes": ["view"]}),
                true,
            ),
            // The id where there are no names.
            (
                json!({"resource_id": RESOURCE, "resource_scopes": ["view"]}),
                false,
            ),
        ] {
            let token = permitting(world.server.token(), json!([entry]));
            let token = token.claim("aud", aud.clone()).jwt();
            assert_eq!(status(&named, &token).await, expected, "{aud}: {entry}");
            // No two resources have the same id.
            let expected = if has_id { 200 } else { 403 };
            assert_eq!(status(&by_id, &token).await, expected, "{aud}: {entry}");
        }
    }
}

#[tokio::test]
async fn t7_a_name_that_two_resources_have_permits_nothing() {
    let world = World::start().await;
    let jwt = world.realm().connect().await.unwrap().jwt();
    let entry = |id: &str, scope: &str| json!({"rsid": id, "rsname": RESOURCE, "scopes": [scope]});
    for (second, expected) in [(entry("1", "print"), 200), (entry("2", "print"), 403)] {
        let token = permitting(
            world.server.token(),
            json!([entry("1", "view"), second, {"rsid": "3", "rsname": "another"}]),
        );
        let token = token.jwt();
        for scopes in [&["view"][..], &["view", "print"]] {
            let named = RequirePermission::of(RESOURCE, scopes.iter().copied());
            let router = wanting(jwt.clone(), named);
            assert_eq!(status(&router, &token).await, expected, "{second}");
        }
        let by_id = wanting(jwt.clone(), RequirePermission::of_id("1", ["view"]));
        assert_eq!(status(&by_id, &token).await, 200);
    }
    // Without ids it cannot be told whether these are one.
    let without_id = |scope: &str| json!({"rsname": RESOURCE, "scopes": [scope]});
    let token = permitting(
        world.server.token(),
        json!([without_id("view"), without_id("print")]),
    );
    let both = RequirePermission::of(RESOURCE, ["view", "print"]);
    assert_eq!(status(&wanting(jwt, both), &token.jwt()).await, 403);
}

#[tokio::test]
async fn t4_the_earlier_end_and_the_later_beginning_win() {
    let world = World::start().await;
    let leeway = Duration::ZERO;
    let jwt = world.realm().leeway(leeway).connect().await.unwrap().jwt();
    let router = wanting(jwt, view());
    let permission = |exp: u64| json!([{"rsname": RESOURCE, "scopes": ["view"], "exp": exp}]);
    let lives = |seconds| {
        world
            .server
            .token()
            .expires_in(Duration::from_secs(seconds))
    };
    let short_token = permitting(lives(10), permission(T0 + 100)).jwt();
    let short_permission = permitting(lives(100), permission(T0 + 10)).jwt();
    assert_eq!(status(&router, &short_token).await, 200);
    assert_eq!(status(&router, &short_permission).await, 200);
    world.clock.advance(Duration::from_secs(20));
    bearing(&router, &short_token).await.assert_invalid_token();
    assert_forbidden(&bearing(&router, &short_permission).await);

    for name in ["nbf", "iat"] {
        let now = T0 + 20;
        let ahead = json!([{"rsname": RESOURCE, "scopes": ["view"], name: now + 1}]);
        let ahead = permitting(world.server.token(), ahead).jwt();
        assert_forbidden(&bearing(&router, &ahead).await);
        let begun = json!([{"rsname": RESOURCE, "scopes": ["view"], name: now}]);
        let begun = permitting(world.server.token(), begun)
            .claim(name, now)
            .jwt();
        assert_eq!(status(&router, &begun).await, 200);
    }
}

#[tokio::test]
async fn t4_the_clocks_may_differ_by_the_leeway() {
    let world = World::start().await;
    let router = wanting(world.realm().connect().await.unwrap().jwt(), view());
    for (exp, expected) in [(T0 - 29, 200), (T0 - 30, 403)] {
        let permission = json!([{"rsname": RESOURCE, "scopes": ["view"], "exp": exp}]);
        let token = permitting(world.server.token(), permission).jwt();
        assert_eq!(status(&router, &token).await, expected, "{exp}");
    }
}

#[tokio::test]
async fn t5_an_expired_permission_is_ignored_and_others_count() {
    let world = World::start().await;
    let router = wanting(world.realm().connect().await.unwrap().jwt(), view());
    let over = json!({"rsname": RESOURCE, "scopes": ["view"], "exp": T0 - 100});
    let good = json!({"rsname": RESOURCE, "scopes": ["view"], "exp": T0 + 100});
    let token = permitting(world.server.token(), json!([over, good])).jwt();
    assert_eq!(status(&router, &token).await, 200);
    let token = permitting(world.server.token(), json!([over])).jwt();
    assert_forbidden(&bearing(&router, &token).await);
}

#[tokio::test]
async fn t6_a_scope_of_the_token_is_no_permission() {
    let world = World::start().await;
    let router = wanting(world.realm().connect().await.unwrap().jwt(), view());
    let bare = json!([{"rsname": RESOURCE}]);
    let scoped = world.server.token().scope("view hello-world-resource#view");
    assert_forbidden(&bearing(&router, &scoped.clone().jwt()).await);
    assert_forbidden(&bearing(&router, &permitting(scoped, bare).jwt()).await);
}

#[tokio::test]
async fn t8_no_scopes_grant_none_unless_a_switch_says_so() {
    let world = World::start().await;
    let jwt = world.realm().connect().await.unwrap().jwt();
    let strict = wanting(jwt.clone(), view());
    let lax = wanting(jwt.clone(), view().danger_empty_scopes_grant_all());
    let none: [&str; 0] = [];
    let bare = wanting(jwt, RequirePermission::of(RESOURCE, none));
    for permission in [
        json!({"rsname": RESOURCE}),
        json!({"rsname": RESOURCE, "scopes": []}),
    ] {
        let token = permitting(world.server.token(), json!([permission])).jwt();
        assert_forbidden(&bearing(&strict, &token).await);
        assert_eq!(status(&lax, &token).await, 200);
        assert_eq!(status(&bare, &token).await, 200);
    }
    let other = permitting(
        world.server.token(),
        json!([{"rsname": "another"}, {"rsname": RESOURCE, "scopes": ["print"]}]),
    );
    assert_forbidden(&bearing(&lax, &other.jwt()).await);
}

#[tokio::test]
async fn t13_what_is_malformed_permits_nothing() {
    let world = World::start().await;
    let router = wanting(world.realm().connect().await.unwrap().jwt(), view());
    let good = json!({"rsname": RESOURCE, "scopes": ["view"]});
    for permissions in [
        json!(good),
        json!("hello-world-resource#view"),
        json!(null),
        json!(1),
        json!([[good]]),
        json!([null, 1, "view", []]),
        json!([{"rsname": RESOURCE, "scopes": "view"}]),
        json!([{"rsname": RESOURCE, "scopes": {"view": true}}]),
        json!([{"rsname": RESOURCE, "scopes": [["view"]]}]),
        json!([{"rsname": [RESOURCE], "scopes": ["view"]}]),
        json!([{"rsname": {"name": RESOURCE}, "scopes": ["view"]}]),
        json!([{"rsname": RESOURCE, "scopes": ["view"], "exp": "later"}]),
        json!([{"rsname": RESOURCE, "scopes": ["view"], "resource_scopes": []}]),
    ] {
        let token = permitting(world.server.token(), permissions.clone()).jwt();
        assert_forbidden(&bearing(&router, &token).await);
        let token = world
            .server
            .token()
            .claim("authorization", permissions)
            .jwt();
        assert_forbidden(&bearing(&router, &token).await);
    }
    // One bad apple spoils none.
    let mixed = json!([null, {"rsname": 1}, good, {"rsid": {}}]);
    let token = permitting(world.server.token(), mixed).jwt();
    assert_eq!(status(&router, &token).await, 200);
}
