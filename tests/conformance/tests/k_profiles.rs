//! Section K: access token profiles (RFC 9068, Keycloak), audience and principal.

use axum::{Json, Router, routing::get};
use portcullis::{AccessTokenProfile, AuthenticateLayer, Principal, Reason};
use portcullis_axum::Token;
use portcullis_conformance::{
    AUDIENCE, CLIENT_ID, LocalWorld, T0, World, get as get_with, protected,
};
use portcullis_testing::{Endpoint, TokenBuilder};
use serde_json::{Value, json};

/// Every other kind of signed token that has a `typ`.
const OTHER_KINDS: [&str; 10] = [
    "logout+jwt",
    "dpop+jwt",
    "token-introspection+jwt",
    "secevent+jwt",
    "statuslist+jwt",
    "client-authentication+jwt",
    "id+jwt",
    "application/logout+jwt",
    "Logout+JWT",
    "at",
];

async fn strict() -> LocalWorld {
    LocalWorld::with(|realm| realm.profile(AccessTokenProfile::Rfc9068)).await
}

/// A good token for the strict profile, but for its `typ`.
fn complete(local: &LocalWorld) -> TokenBuilder {
    local.server().token().claim("client_id", "shop")
}

#[tokio::test]
async fn k1_the_strict_profile_wants_at_jwt() {
    let local = strict().await;
    for typ in [
        "at+jwt",
        "application/at+jwt",
        "AT+JWT",
        "At+Jwt",
        "Application/AT+jwt",
    ] {
        local
            .accepts(&complete(&local).header("typ", typ).jwt(), typ)
            .await;
    }
    for typ in [
        "JWT",
        "jwt",
        "",
        "at+jwt ",
        "application/x/at+jwt",
        "text/at+jwt",
        "at-jwt",
        "at+jwt;v=1",
    ]
    .into_iter()
    .chain(OTHER_KINDS)
    {
        let token = complete(&local).header("typ", typ).jwt();
        local.refuses_unasked(&token, typ).await;
        assert_eq!(
            local.reason(&token).await,
            Reason::NotAnAccessToken,
            "{typ}"
        );
    }
    let absent = complete(&local).without_header("typ").jwt();
    local.refuses_unasked(&absent, "absent").await;
    for typ in [json!(["at+jwt"]), json!(1), Value::Null] {
        let token = complete(&local).header("typ", typ.clone()).jwt();
        local.refuses_unasked(&token, &typ.to_string()).await;
    }
}

#[tokio::test]
async fn k2_keycloaks_profile_takes_jwt_or_none() {
    let local = LocalWorld::start().await;
    for typ in [
        "JWT",
        "jwt",
        "application/jwt",
        "at+jwt",
        "application/at+jwt",
        "AT+JWT",
    ] {
        let token = local.server().token().header("typ", typ);
        local.accepts(&token.clone().jwt(), typ).await;
        // The payload's own word counts in every case.
        let refresh = token.claim("typ", "Refresh").jwt();
        local.refuses_unasked(&refresh, typ).await;
    }
    let absent = local.server().token().without_header("typ");
    local.accepts(&absent.clone().jwt(), "absent").await;
    local
        .refuses_unasked(&absent.without_claim("typ").jwt(), "no `typ` at all")
        .await;
}

#[tokio::test]
async fn k2_other_kinds_are_refused_in_every_profile() {
    for profile in [AccessTokenProfile::Keycloak, AccessTokenProfile::Rfc9068] {
        let local = LocalWorld::with(|realm| realm.profile(profile)).await;
        local
            .accepts(&complete(&local).header("typ", "at+jwt").jwt(), "at+jwt")
            .await;
        for typ in OTHER_KINDS {
            let token = complete(&local).header("typ", typ).jwt();
            local
                .refuses_unasked(&token, &format!("{profile:?} {typ}"))
                .await;
        }
    }
}

/// Before there was a `typ` for them, logout tokens were told by their `events` alone (OpenID Connect
/// Back-Channel Logout 1.0 §2.4), and so were other security events (RFC 8417 §2.2).
#[tokio::test]
async fn k2_what_tells_of_an_event_is_refused_in_every_profile() {
    for profile in [
        AccessTokenProfile::Keycloak,
        AccessTokenProfile::Rfc9068,
        AccessTokenProfile::Spring,
        AccessTokenProfile::Hydra,
        AccessTokenProfile::DangerDex,
    ] {
        let local = LocalWorld::with(|realm| realm.profile(profile)).await;
        let sent = local.server().logout_token().audience(AUDIENCE);
        let plain = sent.without_claim("typ").without_claim("sid");
        let named = plain.clone().claim("client_id", "shop");
        for token in [plain, named.clone(), named.claim("typ", "Bearer")] {
            let untyped = token.clone().without_header("typ");
            let (jwt, at_jwt) = (
                token.clone().header("typ", "JWT"),
                token.header("typ", "at+jwt"),
            );
            for token in [untyped.jwt(), jwt.jwt(), at_jwt.jwt()] {
                local
                    .refuses_unasked(&token, &format!("{profile:?} {token}"))
                    .await;
            }
        }
        // Another meaning of the name is none of ours.
        let access = complete(&local).header("typ", "at+jwt");
        let access = access.claim("events", json!(["concert"]));
        local
            .accepts(&access.jwt(), "a claim of the server's own")
            .await;
    }
}

#[tokio::test]
async fn k3_an_id_token_is_no_access_token() {
    for profile in [AccessTokenProfile::Keycloak, AccessTokenProfile::Rfc9068] {
        let local = LocalWorld::with(|realm| realm.profile(profile)).await;
        local
            .accepts(
                &complete(&local).header("typ", "at+jwt").jwt(),
                "an access token",
            )
            .await;
        let claims = json!({
            "iss": local.server().issuer(),
            // The client it was issued to has the name of this very service.
            "aud": CLIENT_ID,
            "azp": CLIENT_ID,
            "client_id": CLIENT_ID,
            "sub": "alice",
            "jti": "an-id-token",
            "iat": T0,
            "auth_time": T0,
            "exp": T0 + 300,
            "nonce": "n-0S6_WzA2Mj",
            "at_hash": "77QmUPtjPfzWtF2AnpK9RQ",
        });
        let standard = local.server().token().only_claims(claims);
        let keycloaks = standard.clone().claim("typ", "ID");
        for token in [
            standard.clone(),
            standard.without_header("typ"),
            keycloaks.clone(),
            keycloaks.clone().without_header("typ"),
            keycloaks.header("typ", "at+jwt"),
        ] {
            let case = format!("{profile:?} {token:?}");
            local.refuses_unasked(&token.jwt(), &case).await;
        }
    }
}

#[tokio::test]
async fn k4_the_strict_profile_wants_all_its_claims() {
    let local = strict().await;
    let token = complete(&local).header("typ", "at+jwt");
    local.accepts(&token.clone().jwt(), "all claims").await;
    for claim in ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"] {
        let without = token.clone().without_claim(claim).jwt();
        local.refuses_unasked(&without, claim).await;
        let empty = token.clone().claim(claim, Value::Null).jwt();
        local.refuses_unasked(&empty, claim).await;
    }
    // Not needed: Keycloak's own.
    for claim in ["typ", "azp", "sid", "scope", "acr"] {
        local
            .accepts(&token.clone().without_claim(claim).jwt(), claim)
            .await;
    }
}

#[tokio::test]
async fn k9_the_audience_of_a_jwt_is_judged_on_every_request() {
    let local = LocalWorld::start().await;
    let good = local.server().token().jwt();
    let foreign = local.server().token().audience("another-api").jwt();
    for round in 0..3 {
        local.accepts(&good, &format!("round {round}")).await;
        local
            .refuses_unasked(&foreign, &format!("round {round}"))
            .await;
    }
}

#[tokio::test]
async fn k9_the_audience_is_judged_on_a_cache_hit() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let router = protected(issuer.introspection());
    let good = world.server.token().opaque();
    let foreign = world.server.token().audience("another-api").opaque();
    for _ in 0..3 {
        assert!(get_with(&router, &good).await.status.is_success());
        get_with(&router, &foreign).await.assert_invalid_token();
    }
    // The facts of both were kept; the verdict was not.
    let asked = |token: &str| {
        let requests = world.server.requests(Endpoint::Introspection);
        let about = requests
            .iter()
            .filter(|request| request.form_value("token").as_deref() == Some(token));
        about.count()
    };
    assert_eq!((asked(&good), asked(&foreign)), (1, 1));
}

/// One token of an issuer, two services: what is good at one is refused at the other.
#[tokio::test]
async fn k9_each_service_judges_its_own_audience() {
    let world = World::start().await;
    let orders = protected(world.asking().build().unwrap().hybrid());
    let billing = portcullis::Realm::new(world.server.issuer()).unwrap();
    let billing = billing.audience("billing-api").clock(world.clock.clone());
    let billing = billing.client_secret(CLIENT_ID, portcullis_conformance::CLIENT_SECRET);
    let billing = protected(billing.build().unwrap().hybrid());
    let both = json!([CLIENT_ID, "billing-api"]);
    for (aud, at_orders, at_billing) in [
        (json!(CLIENT_ID), true, false),
        (json!("billing-api"), false, true),
        (both, true, true),
    ] {
        let token = world.server.token().claim("aud", aud.clone());
        for token in [token.clone().jwt(), token.opaque()] {
            for _ in 0..2 {
                let reply = get_with(&orders, &token).await;
                assert_eq!(reply.status.is_success(), at_orders, "{aud}: {reply:?}");
                let reply = get_with(&billing, &token).await;
                assert_eq!(reply.status.is_success(), at_billing, "{aud}: {reply:?}");
            }
        }
    }
}

/// Answers with the kind and the name of the principal.
async fn whom(token: Token) -> Json<Value> {
    let facts = token.facts();
    Json(match facts.principal() {
        Some(Principal::User(name)) => json!(["user", name]),
        Some(Principal::Client(name)) => json!(["client", name]),
        _ => json!(null),
    })
}

#[tokio::test]
async fn k10_a_client_is_not_mistaken_for_a_user() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let router = Router::new()
        .route("/", get(whom))
        .layer(AuthenticateLayer::new(issuer.hybrid()));
    let token = world.server.token();
    let victim = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6";
    let service_account = token
        .clone()
        .claim("sub", "0d1c3b4a-0000-4000-8000-000000000001")
        .claim("preferred_username", "service-account-shop")
        .claim("client_id", "shop")
        .client("shop")
        .without_claim("sid");
    let impostor = token
        .clone()
        .subject(victim)
        .client(victim)
        .claim("client_id", victim);
    for (case, token, expected) in [
        (
            "a user",
            token.clone().subject(victim),
            json!(["user", victim]),
        ),
        (
            "a client of the user's name",
            impostor.clone(),
            json!(["client", victim]),
        ),
        (
            "the same without `azp`",
            impostor.without_claim("azp"),
            json!(["client", victim]),
        ),
        (
            "a service account",
            service_account.clone(),
            json!(["client", "shop"]),
        ),
        (
            "a user of a service account's name",
            service_account
                .clone()
                .client("web")
                .without_claim("client_id"),
            json!(["user", "0d1c3b4a-0000-4000-8000-000000000001"]),
        ),
    ] {
        for token in [token.clone().jwt(), token.opaque()] {
            let reply = get_with(&router, &token).await;
            assert!(reply.status.is_success(), "{case}: {reply:?}");
            assert_eq!(reply.json(), expected, "{case}");
        }
    }
}
