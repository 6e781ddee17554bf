//! The doctor is shown another time by `faketime`. Keycloak's own answers have no `Date`.

use portcullis_keycloak_suite::{Client, SUITE};
use portcullis_real_servers::is_on_path;
use serde_json::json;

use super::{Doctor, scene::check};
use crate::environment::run;

/// Whether the doctor can be shown another time; where not, that is said, and fails where it counts.
fn can_fake_time() -> bool {
    if is_on_path("faketime") {
        return true;
    }
    let skipped = SUITE.skip("no faketime here (Debian: apt-get install faketime)");
    skipped.unwrap_or_else(|line| panic!("{line}"));
    false
}

#[test]
fn clock_that_is_five_minutes_behind() {
    run(async |env| {
        if !can_fake_time() {
            return;
        }
        let (_, tokens) = env.logged_in("doctor-behind", &[]).await;
        let doctor = Doctor::at(env.shop.issuer()).token(&tokens.access);
        doctor.assert_nothing_wrong().await;
        let behind = doctor.under(&["faketime", "-f", "-5m"]);
        behind.assert_first_wrong("clock", "clock_off").await;
    });
}

#[test]
fn clock_that_is_five_minutes_ahead() {
    run(async |env| {
        if !can_fake_time() {
            return;
        }
        // Shorter than what the clock is ahead: otherwise no harm is done yet.
        let changes = json!({"attributes": {"access.token.lifespan": "120"}});
        env.front_end("doctor-ahead-web", "orders-api", changes)
            .await;
        let user = env.user("doctor-ahead", &[]).await;
        let front_end = Client::public("doctor-ahead-web");
        let tokens = env.shop.log_in(front_end, &user).await.unwrap();
        let doctor = Doctor::at(env.shop.issuer()).token(&tokens.access);
        let ahead = doctor.under(&["faketime", "-f", "+5m"]);
        ahead.assert_first_wrong("clock", "clock_off").await;
    });
}

/// Where the server issues tokens to the client itself, no token of a user's has to prove it.
#[test]
fn clock_that_is_ahead_by_as_much_as_tokens_live() {
    run(async |env| {
        if !can_fake_time() {
            return;
        }
        let client = Client::confidential("doctor-service-account", "secret-7f3a");
        let changes = json!({"secret": client.secret, "serviceAccountsEnabled": true});
        env.resource_server(client.id, changes).await;
        let doctor = Doctor::at(env.shop.issuer()).client(client);
        let report = doctor.assert_nothing_wrong().await;
        let audience = check(&report, "audience")["what"].to_string();
        assert!(
            audience.contains("issued to that client itself"),
            "{audience}"
        );
        assert_eq!(check(&report, "clock")["mark"], "good");
        let ahead = doctor.under(&["faketime", "-f", "+5m"]);
        ahead.assert_first_wrong("clock", "clock_off").await;
    });
}
