//! S10, S11: a list is fetched from where it may be, and from nowhere else.

use portcullis::{Reason, StatusLists};
use portcullis_conformance::{LocalWorld, World};
use portcullis_testing::{Answer, Endpoint, Fault};
use serde_json::json;

use crate::support::{Listed, document};

#[tokio::test]
async fn s10_a_redirect_is_not_followed() {
    let listed = Listed::start().await;
    let elsewhere = World::start().await;
    for status in [301, 302, 303, 307, 308] {
        let target = format!("{}/statuslists/1", elsewhere.server.origin());
        listed.answer(Answer::new(status).header("location", target));
        let reply = listed.local.get(&listed.token(0).jwt()).await;
        assert_eq!(reply.status, 503, "{status}");
        listed
            .local
            .world
            .clock
            .advance(std::time::Duration::from_secs(1));
    }
    assert_eq!(elsewhere.server.total_request_count(), 0);
    assert_eq!(listed.fetches(), 5);
}

#[tokio::test]
async fn s11_no_other_place_is_called() {
    let listed = Listed::start().await;
    let elsewhere = World::start().await;
    listed.publish(&listed.list(&[0]));
    let (own, other) = (listed.local.server().origin(), elsewhere.server.origin());
    let hidden = own.replace("://", "://a@");
    for uri in [
        format!("{other}/statuslists/1"),
        format!("{}@{}", own, other.trim_start_matches("http://")),
        format!("{hidden}/statuslists/1"),
        own.replace("http:", "https:"),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "http://localhost/statuslists/1".to_owned(),
        "file:///etc/passwd".to_owned(),
        "data:application/statuslist+jwt,x".to_owned(),
        "/statuslists/1".to_owned(),
        format!("{}#part", listed.uri()),
        String::new(),
    ] {
        let token = listed.referring(json!({"status_list": {"idx": 0, "uri": uri}}));
        let token = token.jwt();
        listed.local.refuses_unasked(&token, &uri).await;
        assert_eq!(
            listed.local.reason(&token).await,
            Reason::StatusNotValid,
            "{uri}"
        );
    }
    assert_eq!(elsewhere.server.total_request_count(), 0);
}

#[tokio::test]
async fn s11_another_place_is_called_where_it_is_named() {
    let elsewhere = World::start().await;
    let origin = elsewhere.server.origin().to_owned();
    let uri = format!("{origin}/statuslists/1");
    let lists = StatusLists::at_issuer().or_at(origin);
    let listed = Listed::with(|realm| realm.status_lists(lists)).await;
    let mut list = listed.list(&[0b10]);
    list["sub"] = json!(uri);
    let fault = Fault::answer(document(listed.signed(&list)));
    elsewhere.server.inject(Endpoint::Other, fault);
    let token = |index: u64| {
        let reference = json!({"status_list": {"idx": index, "uri": uri}});
        listed.referring(reference).jwt()
    };
    listed.local.accepts(&token(0), "valid").await;
    listed.local.refuses(&token(1), "invalid").await;
    assert_eq!(listed.fetches(), 0);
}

/// Who names a path names no more than what is below it.
#[tokio::test]
async fn s11_a_place_with_a_path_is_that_path_and_what_is_below() {
    let elsewhere = World::start().await;
    let origin = elsewhere.server.origin().to_owned();
    for place in [
        format!("{origin}/tenants/a"),
        format!("{origin}/tenants/a/"),
    ] {
        let lists = StatusLists::at_issuer().or_at(place);
        let listed = Listed::with(|realm| realm.status_lists(lists)).await;
        let token = |path: &str| {
            let uri = format!("{origin}{path}");
            listed
                .referring(json!({"status_list": {"idx": 0, "uri": uri}}))
                .jwt()
        };
        for path in [
            "/tenants/b/lists/1",
            "/tenants/ab/lists/1",
            "/tenants/A/lists/1",
            "/tenants",
            "/tenants/",
            "",
            "/",
            "/tenants/a/../b/lists/1",
            "/tenants/a/%2e%2e/b/lists/1",
            "/tenants/a/..%2fb/lists/1",
            "/tenants/a/..%2Fb/lists/1",
            "/tenants/a/..%5cb/lists/1",
            "/tenants/a/..;/b/lists/1",
            "//tenants/a/lists/1",
            "/lists/1?/tenants/a/",
        ] {
            let before = elsewhere.server.total_request_count();
            listed.local.refuses_unasked(&token(path), path).await;
            assert_eq!(
                listed.local.reason(&token(path)).await,
                Reason::StatusNotValid
            );
            assert_eq!(elsewhere.server.total_request_count(), before, "{path}");
        }
        for path in ["/tenants/a", "/tenants/a/lists/1", "/tenants/b/../a/1?of=2"] {
            let uri = format!("{origin}{path}");
            let mut list = listed.list(&[0]);
            list["sub"] = json!(uri);
            elsewhere.server.clear_faults(Endpoint::Other);
            let fault = Fault::answer(document(listed.signed(&list)));
            elsewhere.server.inject(Endpoint::Other, fault);
            listed.local.accepts(&token(path), path).await;
        }
    }
}

#[tokio::test]
async fn s11_a_list_at_the_public_address_is_fetched_from_where_the_issuer_is_reached() {
    let public = "https://id.example.com/realms/test";
    let world = World::with(|server| server.issuer(public)).await;
    let inside = format!("{}/realms/test", world.server.origin());
    let local = LocalWorld::on(world, |realm| {
        realm
            .fetch_from(inside)
            .status_lists(StatusLists::at_issuer())
    });
    let listed = Listed { local: local.await };
    let uri = format!("{public}/statuslists/1");
    let mut list = listed.list(&[0]);
    list["sub"] = json!(uri);
    listed.publish(&list);
    let token = listed.referring(json!({"status_list": {"idx": 0, "uri": uri}}));
    listed.local.accepts(&token.jwt(), "inside").await;
    let requests = listed.local.server().requests(Endpoint::Other);
    assert_eq!(requests[0].target, "/realms/test/statuslists/1");
}

/// Nothing but what the public address stands for is asked for inside.
#[tokio::test]
async fn s11_no_way_leads_up_from_where_the_issuer_is_reached() {
    let public = "http://127.0.0.1:9/realms/test";
    let world = World::with(|server| server.issuer(public)).await;
    let inside = format!("{}/realms/test", world.server.origin());
    let lists = StatusLists::at_issuer();
    let local = LocalWorld::on(world, |realm| realm.fetch_from(inside).status_lists(lists));
    let listed = Listed { local: local.await };
    for uri in [
        format!("{public}/../../admin/1"),
        format!("{public}/%2e%2e/%2e%2e/admin/1"),
    ] {
        let token = listed.referring(json!({"status_list": {"idx": 0, "uri": uri}}));
        let reply = listed.local.get(&token.jwt()).await;
        reply.assert_unavailable();
        assert_eq!(listed.fetches(), 0, "{uri}");
    }
}

#[tokio::test]
async fn s11_a_place_without_tls_fails_the_build() {
    let world = World::start().await;
    for place in [
        "http://lists.example.com",
        "lists.example.com",
        "https://a@b.example",
        "https://lists.example.com/?tenant=a",
    ] {
        let lists = StatusLists::at_issuer().or_at(place);
        let error = world.realm().status_lists(lists).build().unwrap_err();
        assert!(error.to_string().contains("status_lists"), "{error}");
    }
}
