use portcullis_keycloak_suite::{Client, until};
use serde_json::json;

use super::{
    Doctor,
    scene::{check, cure},
};
use crate::{
    environment::{ORDERS_API, SOON, STOCK_API, run},
    holder::Holder,
};

const NO_AUDIENCE: Client<'static> = Client::public("shop-web-no-audience");

#[test]
fn good_token() {
    run(async |env| {
        let (_, tokens) = env.logged_in("doctor-good", &[]).await;
        let doctor = Doctor::at(env.shop.issuer()).token(&tokens.access);
        let report = doctor.assert_nothing_wrong().await;
        assert_eq!(check(&report, "verdicts")["what"], "here: good; live: good");
    });
}

#[test]
fn missing_audience_mapper() {
    run(async |env| {
        let user = env.user("doctor-no-audience", &[]).await;
        let tokens = env.shop.log_in(NO_AUDIENCE, &user).await.unwrap();
        let doctor = Doctor::at(env.shop.issuer()).token(&tokens.access);
        let report = doctor
            .assert_first_wrong("token.audience", "missing_audience_mapper")
            .await;
        let cure = cure(&report, "token.audience").join("\n");
        assert!(
            cure.contains("Clients → shop-web-no-audience → Client scopes"),
            "{cure}"
        );
        assert!(cure.contains("kcadm.sh create"), "{cure}");

        let output = doctor.run(&[]).await;
        let text = String::from_utf8(output.stdout).unwrap();
        let first = text.lines().find(|line| line.starts_with('✗')).unwrap();
        assert!(first.starts_with("✗ token.audience"), "{text}");
        assert!(
            first.ends_with("the client shop-web-no-audience has no audience mapper for it"),
            "{text}"
        );
    });
}

/// Keycloak's own rule, by which only a live answer fails.
#[test]
fn audience_mapper_missing_for_who_asks() {
    run(async |env| {
        let (_, tokens) = env.logged_in("doctor-other-asker", &[]).await;
        let doctor = Doctor::at(env.shop.issuer())
            .client(STOCK_API)
            .token(&tokens.access);
        let report = doctor.assert_first_wrong("verdicts", "audience_rule").await;
        let cure = cure(&report, "verdicts").join("\n");
        assert!(
            cure.contains("Included Client Audience stock-api"),
            "{cure}"
        );
        let what = check(&report, "verdicts")["what"].to_string();
        assert!(what.contains("the userinfo endpoint takes it"), "{what}");
    });
}

/// The same token once its session has ended: the rule would hide that.
#[test]
fn session_that_has_ended_of_a_token_that_does_not_name_who_asks() {
    run(async |env| {
        let (user, tokens) = env.logged_in("doctor-ended-other-asker", &[]).await;
        env.admin.log_out(&user).await.unwrap();
        let doctor = Doctor::at(env.shop.issuer())
            .client(STOCK_API)
            .token(&tokens.access);
        let report = doctor.assert_first_wrong("verdicts", "inactive").await;
        let cure = cure(&report, "verdicts").join("\n");
        assert!(cure.contains("log in again"), "{cure}");
    });
}

#[test]
fn token_that_is_bound_to_a_key() {
    run(async |env| {
        let holder = Holder::set(env, "doctor-bound").await;
        let tokens = holder.log_in().await;
        let doctor = Doctor::at(env.shop.issuer()).token(&tokens.access);
        let report = doctor.assert_nothing_wrong().await;
        assert_eq!(check(&report, "token.binding")["mark"], "not_run");
        assert_eq!(check(&report, "token.signature")["mark"], "good");
        assert_eq!(check(&report, "verdicts")["mark"], "good");
    });
}

#[test]
fn token_of_another_client() {
    run(async |env| {
        env.front_end("doctor-stock-web", "stock-api", json!({}))
            .await;
        let user = env.user("doctor-stock", &[]).await;
        let front_end = Client::public("doctor-stock-web");
        let tokens = env.shop.log_in(front_end, &user).await.unwrap();
        let doctor = Doctor::at(env.shop.issuer()).token(&tokens.access);
        let report = doctor
            .assert_first_wrong("token.audience", "token_of_another_client")
            .await;
        let what = check(&report, "token.audience")["what"].to_string();
        assert!(
            what.contains("doctor-stock-web") && what.contains("stock-api"),
            "{what}"
        );
    });
}

#[test]
fn expired_token() {
    run(async |env| {
        let user = env.user("doctor-expired", &[]).await;
        let brief = Client::public("shop-web-brief");
        let tokens = env.shop.log_in(brief, &user).await.unwrap();
        until("the token should be over", SOON, async || {
            let answer = env.shop.introspect(ORDERS_API, &tokens.access).await?;
            Ok((answer["active"] == false).then_some(()))
        })
        .await
        .unwrap();
        let doctor = Doctor::at(env.shop.issuer())
            .token(&tokens.access)
            .arguments(&["--leeway", "0"]);
        doctor
            .assert_first_wrong("token.time", "token_expired")
            .await;
    });
}

#[test]
fn client_whose_tokens_are_signed_with_a_secret() {
    run(async |env| {
        let changes = json!({"attributes": {"access.token.signed.response.alg": "HS256"}});
        env.front_end("doctor-hs256-web", "orders-api", changes)
            .await;
        let user = env.user("doctor-hs256", &[]).await;
        let front_end = Client::public("doctor-hs256-web");
        let tokens = env.shop.log_in(front_end, &user).await.unwrap();
        let doctor = Doctor::at(env.shop.issuer()).token(&tokens.access);
        let report = doctor
            .assert_first_wrong("token.algorithm", "symmetric_algorithm")
            .await;
        let verdicts = &check(&report, "verdicts")["cause"];
        assert_eq!(verdicts, "only_the_server_takes_it");
    });
}

#[test]
fn session_that_has_ended() {
    run(async |env| {
        let (user, tokens) = env.logged_in("doctor-ended", &[]).await;
        env.admin.log_out(&user).await.unwrap();
        let doctor = Doctor::at(env.shop.issuer()).token(&tokens.access);
        doctor.assert_first_wrong("verdicts", "inactive").await;
    });
}
