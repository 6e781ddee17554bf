//! Keycloak's authorization services: the three ways to a permission, and the way of a ticket.

mod invoices;
mod sharing;

use axum::{Router, http::StatusCode, routing::get};
use portcullis::{AuthenticateLayer, Realm, RequireActiveLayer, RequirePermission};
use portcullis_keycloak_suite::{Client, payload_of};
use serde_json::json;

use self::invoices::{guarded, invoices, invoices_with, send, view, void, wanting};
use crate::{
    clients::audience_mapper,
    environment::{ORDERS_API, run},
};

#[test]
fn a_requesting_party_token_says_what_it_permits_in_itself_and_when_it_is_asked_about() {
    run(async |env| {
        let id = "invoices-token";
        let invoices = invoices(env, id).await;
        let rpt = env.shop.requesting_party_token(&invoices.customer, id);
        let rpt = rpt.await.unwrap();
        let issuer = &invoices.issuer;
        for (permission, status) in [(view(), StatusCode::OK), (void(), StatusCode::FORBIDDEN)] {
            let jwt = wanting(issuer.jwt(), permission.clone());
            assert_eq!(send(&jwt, Some(&rpt)).await.0, status);
            let asking = wanting(issuer.introspection(), permission.clone());
            assert_eq!(send(&asking, Some(&rpt)).await.0, status);
            let live = Router::new()
                .route("/", get(|| async {}))
                .layer(permission)
                .layer(RequireActiveLayer::asking(&issuer.hybrid()))
                .layer(AuthenticateLayer::new(issuer.hybrid()));
            assert_eq!(send(&live, Some(&rpt)).await.0, status);
        }
        // An ordinary token says nothing of the kind, to no question.
        for token in [&invoices.customer, &invoices.stranger] {
            let jwt = wanting(issuer.jwt(), view());
            assert_eq!(send(&jwt, Some(token)).await.0, StatusCode::FORBIDDEN);
            let asking = wanting(issuer.introspection(), view());
            assert_eq!(send(&asking, Some(token)).await.0, StatusCode::FORBIDDEN);
        }
    });
}

#[test]
fn keycloak_decides_about_an_ordinary_token() {
    run(async |env| {
        let id = "invoices-decision";
        let invoices = invoices(env, id).await;
        let (issuer, uma) = (&invoices.issuer, invoices.issuer.uma());
        let viewing = guarded(issuer.hybrid(), view().asking(&uma));
        let customer = send(&viewing, Some(&invoices.customer)).await;
        assert_eq!(customer.0, StatusCode::OK, "{customer:?}");
        let stranger = send(&viewing, Some(&invoices.stranger)).await;
        assert_eq!(stranger.0, StatusCode::FORBIDDEN, "{stranger:?}");
        // Of several scopes asked for at once Keycloak says yes for one of them.
        for (permission, expected) in [
            ("invoice#view", 200),
            ("invoice#view,void", 200),
            ("invoice", 200),
            ("invoice#void", 403),
            ("unknown#view", 400),
            ("invoice#unknown", 400),
        ] {
            let decision = env
                .shop
                .permission_decision(&invoices.customer, id, permission);
            let (status, body) = decision.await.unwrap();
            assert_eq!(status, expected, "{permission}: {body}");
        }
        let both = RequirePermission::of("invoice", ["view", "void"]);
        for permission in [void(), both] {
            let router = guarded(issuer.hybrid(), permission.asking(&uma));
            let refused = send(&router, Some(&invoices.customer)).await;
            assert_eq!(refused.0, StatusCode::FORBIDDEN, "{refused:?}");
        }
        // Neither resource nor scope is known.
        for permission in [
            RequirePermission::of("unknown", ["view"]),
            RequirePermission::of("invoice", ["unknown"]),
        ] {
            let router = guarded(issuer.hybrid(), permission.asking(&uma));
            let refused = send(&router, Some(&invoices.customer)).await;
            assert_eq!(refused.0, StatusCode::FORBIDDEN, "{refused:?}");
        }
    });
}

/// Whose resources a requesting party token speaks of stands nowhere in it.
#[test]
fn a_name_in_a_token_for_two_services_is_neither_s() {
    run(async |env| {
        let id = "invoices-of-two";
        let mappers = [audience_mapper(id), audience_mapper(ORDERS_API.id)];
        let invoices = invoices_with(env, id, json!(mappers)).await;
        let rpt = env.shop.requesting_party_token(&invoices.customer, id);
        let rpt = rpt.await.unwrap();
        let claims = payload_of(&rpt);
        let audience = claims["aud"].as_array().unwrap();
        assert!(audience.contains(&json!(ORDERS_API.id)), "{claims}");
        let granted = &claims["authorization"]["permissions"][0];
        let by_id = RequirePermission::of_id(granted["rsid"].as_str().unwrap(), ["view"]);
        let orders = Realm::new(env.shop.issuer()).unwrap();
        let orders = orders.audience(ORDERS_API.id).build().unwrap();
        for verifier in [invoices.issuer.jwt(), orders.jwt()] {
            let named = wanting(verifier.clone(), view());
            assert_eq!(send(&named, Some(&rpt)).await.0, StatusCode::FORBIDDEN);
            let named = wanting(verifier, by_id.clone());
            assert_eq!(send(&named, Some(&rpt)).await.0, StatusCode::OK);
        }
        // Who asks is told of his own.
        let uma = invoices.issuer.uma();
        let asking = guarded(invoices.issuer.hybrid(), view().asking(&uma));
        assert_eq!(send(&asking, Some(&rpt)).await.0, StatusCode::OK);
    });
}

#[test]
fn keycloak_decides_no_more_about_a_token_whose_session_is_over() {
    run(async |env| {
        let id = "invoices-over";
        let invoices = invoices(env, id).await;
        let user = env.user("customer-who-leaves", &["customer"]).await;
        let front_end = format!("web-of-{id}");
        let tokens = env
            .shop
            .log_in(Client::public(&front_end), &user)
            .await
            .unwrap();
        env.admin.log_out(&user).await.unwrap();
        let decision = env
            .shop
            .permission_decision(&tokens.access, id, "invoice#view");
        let (status, body) = decision.await.unwrap();
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(body["error"], "invalid_grant", "{body}");
        let uma = invoices.issuer.uma();
        let router = guarded(invoices.issuer.hybrid(), view().asking(&uma));
        let refused = send(&router, Some(&tokens.access)).await;
        assert_eq!(refused.0, StatusCode::UNAUTHORIZED, "{refused:?}");
        assert!(refused.1.contains("invalid_token"), "{refused:?}");
        // On all other routes it is asked about from now on.
        let plain = Router::new()
            .route("/", get(|| async {}))
            .layer(AuthenticateLayer::new(invoices.issuer.hybrid()));
        let refused = send(&plain, Some(&tokens.access)).await;
        assert_eq!(refused.0, StatusCode::UNAUTHORIZED, "{refused:?}");
    });
}

#[test]
fn a_ticket_leads_to_a_token_that_is_let_in() {
    run(async |env| {
        let invoices = invoices(env, "invoices-ticket").await;
        let uma = invoices.issuer.uma();
        let router = Router::new()
            .route("/", get(|| async {}))
            .layer(view().or_ticket(&uma))
            .layer(AuthenticateLayer::optional(invoices.issuer.hybrid()));
        for bearer in [None, Some(invoices.customer.as_str())] {
            let (status, challenge) = send(&router, bearer).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{challenge}");
            let issuer = env.shop.issuer();
            let expected = format!(r#"UMA realm="api", as_uri="{issuer}", ticket=""#);
            let ticket = challenge.strip_prefix(&expected).unwrap();
            let ticket = ticket.strip_suffix('"').unwrap();
            let rpt = env.shop.exchange_ticket(&invoices.customer, ticket);
            let rpt = rpt.await.unwrap();
            assert_eq!(send(&router, Some(&rpt)).await.0, StatusCode::OK);
            // Who may not, gets no token for it.
            let refused = env.shop.exchange_ticket(&invoices.stranger, ticket).await;
            assert!(refused.is_err());
        }
        // There is no ticket for what Keycloak does not know.
        let unknown = RequirePermission::of("unknown", ["view"]).or_ticket(&uma);
        let router = guarded(invoices.issuer.hybrid(), unknown);
        let (status, _) = send(&router, Some(&invoices.customer)).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
    });
}
