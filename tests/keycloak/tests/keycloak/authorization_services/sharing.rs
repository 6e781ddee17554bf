//! What users share with one another is not what the server grants of its own.

use axum::http::StatusCode;
use portcullis::RequirePermission;
use portcullis_keycloak_suite::{Client, payload_of};
use serde_json::json;

use super::invoices::{SECRET, guarded, invoices, send, void, wanting};
use crate::environment::run;

/// Keycloak takes the name for the resource that is shared, and the scope for those that are: its yes is
/// an answer to another question. What it grants, it tells.
#[test]
fn what_is_shared_of_a_resource_is_not_taken_for_all_of_it() {
    run(async |env| {
        let id = "invoices-shared";
        let invoices = invoices(env, id).await;
        let owner = env.user("owner-of-an-album", &[]).await;
        let album = env
            .admin
            .create_resource(id, &owner, "album", &["view", "void"]);
        let album = album.await.unwrap();
        let server = Client::confidential(id, SECRET);
        let share = env.shop.share(server, &album, &invoices.user, "view");
        share.await.unwrap();
        let decision = env
            .shop
            .permission_decision(&invoices.customer, id, "album#void");
        let (status, body) = decision.await.unwrap();
        assert_eq!((status, &body["result"]), (StatusCode::OK, &json!(true)));
        let uma = invoices.issuer.uma();
        for (permission, expected) in [
            (RequirePermission::of("album", ["view"]), StatusCode::OK),
            (RequirePermission::of_id(&album, ["view"]), StatusCode::OK),
            (
                RequirePermission::of("album", ["void"]),
                StatusCode::FORBIDDEN,
            ),
            (
                RequirePermission::of("album", ["view", "void"]),
                StatusCode::FORBIDDEN,
            ),
            (
                RequirePermission::of_id(&album, ["void"]),
                StatusCode::FORBIDDEN,
            ),
            // An id that Keycloak takes for a name.
            (
                RequirePermission::of_id("album", ["view"]),
                StatusCode::FORBIDDEN,
            ),
        ] {
            let router = guarded(invoices.issuer.hybrid(), permission.clone().asking(&uma));
            let (status, _) = send(&router, Some(&invoices.customer)).await;
            assert_eq!(status, expected, "{permission:?}");
        }
        // Somebody else shares one of the same name.
        let other = env.user("owner-of-another-album", &[]).await;
        let second = env.admin.create_resource(id, &other, "album", &["view"]);
        let second = second.await.unwrap();
        let share = env.shop.share(server, &second, &invoices.user, "view");
        share.await.unwrap();
        let rpt = env.shop.requesting_party_token(&invoices.customer, id);
        let rpt = rpt.await.unwrap();
        for (permission, expected) in [
            (
                RequirePermission::of("album", ["view"]),
                StatusCode::FORBIDDEN,
            ),
            (RequirePermission::of_id(&album, ["view"]), StatusCode::OK),
            (RequirePermission::of_id(&second, ["view"]), StatusCode::OK),
        ] {
            let router = wanting(invoices.issuer.jwt(), permission.clone());
            let (status, _) = send(&router, Some(&rpt)).await;
            assert_eq!(status, expected, "{permission:?}");
        }
    });
}

/// What Keycloak grants says no owner: where users make resources, a name is not enough.
#[test]
fn a_resource_that_is_shared_is_told_from_the_server_s_of_that_name_by_its_id_alone() {
    run(async |env| {
        let id = "invoices-namesake";
        let invoices = invoices(env, id).await;
        let rpt = env.shop.requesting_party_token(&invoices.customer, id);
        let claims = payload_of(&rpt.await.unwrap());
        let granted = &claims["authorization"]["permissions"][0];
        let servers = granted["rsid"].as_str().unwrap();
        let friend = env.user("friend-of-a-customer", &[]).await;
        let own = env
            .admin
            .create_resource(id, &friend, "invoice", &["view", "void"]);
        let own = own.await.unwrap();
        let server = Client::confidential(id, SECRET);
        let share = env.shop.share(server, &own, &invoices.user, "void");
        share.await.unwrap();
        let uma = invoices.issuer.uma();
        for (permission, expected) in [
            (
                RequirePermission::of_id(servers, ["void"]),
                StatusCode::FORBIDDEN,
            ),
            (RequirePermission::of_id(servers, ["view"]), StatusCode::OK),
            (RequirePermission::of_id(&own, ["void"]), StatusCode::OK),
            // Of each of the two something is granted.
            (
                RequirePermission::of("invoice", ["view", "void"]),
                StatusCode::FORBIDDEN,
            ),
            // Of the server's own nothing is: the other one is the only one.
            (void(), StatusCode::OK),
        ] {
            let router = guarded(invoices.issuer.hybrid(), permission.clone().asking(&uma));
            let (status, _) = send(&router, Some(&invoices.customer)).await;
            assert_eq!(status, expected, "{permission:?}");
        }
    });
}
