//! The `axum-instant-logout` template in as many instances as a test wants, told by a realm of its own.

use std::time::Duration;

use futures_util::future::join_all;
use portcullis_keycloak_suite::{
    Example, Realm, RealmAdmin, Settings, Template, Tokens, User, until,
};
use reqwest::StatusCode;
use tokio::time::Instant;

use crate::environment::{CANARY, Environment, ORDERS_API, SHOP_WEB, SOON, assert_status, orders};

/// How often the instances ask about tokens in use, in seconds.
pub(crate) const WINDOW: u64 = 2;

/// The window and what is promised beyond it. The rest is for a machine with other things to do: the
/// figures are in the report.
pub(crate) const WITHIN_A_WINDOW: Duration = Duration::from_millis(WINDOW * 1000 + 250 + 1000);

/// Introspection loops: eight of them bring more than every third session back to life.
pub(crate) const LOOPS: usize = 8;

/// A realm and the instances that it tells of the end of its sessions, by the first of them.
pub(crate) struct Scene {
    pub(crate) realm: Realm,
    pub(crate) admin: RealmAdmin,
    pub(crate) instances: Vec<Example>,
    issuer: String,
    variables: Vec<(&'static str, String)>,
}

impl Scene {
    /// With so many instances, which share nothing unless `variables` say so.
    pub(crate) async fn start(
        env: &Environment,
        name: &str,
        instances: usize,
        variables: &[(&'static str, String)],
    ) -> Self {
        let (realm, admin) = env.own_realm(name).await;
        let scene = Self {
            issuer: realm.issuer().to_owned(),
            realm,
            admin,
            instances: Vec::new(),
            variables: variables.to_vec(),
        };
        scene.with(instances).await
    }

    /// With one instance, which knows the realm as this issuer.
    pub(crate) async fn start_behind(env: &Environment, name: &str, issuer: &str) -> Self {
        let (realm, admin) = env.own_realm(name).await;
        let scene = Self {
            realm,
            admin,
            instances: Vec::new(),
            issuer: issuer.to_owned(),
            variables: Vec::new(),
        };
        scene.with(1).await
    }

    async fn with(mut self, instances: usize) -> Self {
        for _ in 0..instances {
            let instance = self.instance().await;
            self.instances.push(instance);
        }
        let first = self.instances[0].base_url();
        let receiver = format!("{first}/backchannel-logout");
        for client in [SHOP_WEB, CANARY] {
            self.admin
                .set_backchannel_logout_url(client.id, &receiver)
                .await
                .unwrap();
        }
        self.admin
            .set_admin_url(SHOP_WEB.id, &format!("{first}/keycloak"))
            .await
            .unwrap();
        self
    }

    /// One more instance, which nobody is told of.
    pub(crate) async fn instance(&self) -> Example {
        let mut variables = vec![
            ("LOGOUT_AUDIENCES", SHOP_WEB.id.to_owned()),
            ("RECHECK_SECONDS", WINDOW.to_string()),
        ];
        variables.extend(self.variables.clone());
        let settings = Settings {
            template: Template::InstantLogout,
            issuer: &self.issuer,
            audience: ORDERS_API.id,
            client_id: ORDERS_API.id,
            client_secret: ORDERS_API.secret.unwrap(),
            variables,
            port: None,
        };
        Example::start(settings).await.unwrap()
    }

    pub(crate) fn first(&self) -> &Example {
        &self.instances[0]
    }

    /// A new user, logged in, with a token that every instance has let in.
    pub(crate) async fn logged_in(&self, name: &str) -> (User, Tokens) {
        let user = self.admin.create_user(name, &[]).await.unwrap();
        let tokens = self.log_in(&user).await;
        (user, tokens)
    }

    /// The same, and the one call that a token costs when it is first seen has been made.
    pub(crate) async fn logged_in_and_asked_about(&self, name: &str) -> (User, Tokens) {
        let before = self.calls().await;
        let logged_in = self.logged_in(name).await;
        until("the first call about a token", SOON, async || {
            Ok((self.calls().await > before).then_some(()))
        })
        .await
        .unwrap();
        logged_in
    }

    /// The same for a user that there is.
    pub(crate) async fn log_in(&self, user: &User) -> Tokens {
        let tokens = self.realm.log_in(SHOP_WEB, user).await.unwrap();
        self.let_in(&tokens.access).await;
        tokens
    }

    pub(crate) async fn let_in(&self, token: &str) {
        for instance in &self.instances {
            assert_status(&orders(instance, token).await, StatusCode::OK);
        }
    }

    pub(crate) async fn log_out(&self, tokens: &Tokens) {
        let refresh = tokens.refresh.as_deref().unwrap();
        self.realm.log_out(SHOP_WEB, refresh).await.unwrap();
    }

    /// How long after `since` every instance refuses the token. Panics when one has not by `limit`.
    pub(crate) async fn let_in_for(
        &self,
        token: &str,
        since: Instant,
        limit: Duration,
    ) -> Duration {
        let instances = self.instances.iter();
        let times = instances.map(|instance| let_in_for(instance, token, since, limit));
        let longest = join_all(times).await.into_iter().max();
        longest.unwrap_or_default()
    }

    /// How many notices the first instance has received that this became of.
    pub(crate) async fn notices(&self, outcome: &str) -> f64 {
        let name = "portcullis_revocation_notices_total";
        let wanted = |line: &str| line.contains(&format!("\"{outcome}\""));
        self.first().metric(name, wanted).await.unwrap()
    }

    /// How many introspection calls all instances have made.
    pub(crate) async fn calls(&self) -> f64 {
        let mut calls = 0.0;
        for instance in &self.instances {
            let name = "portcullis_introspection_calls_total";
            calls += instance.metric(name, |_| true).await.unwrap();
        }
        calls
    }
}

/// How long after `since` the first answer was there that refuses: no sooner than each later request
/// is refused.
async fn let_in_for(instance: &Example, token: &str, since: Instant, limit: Duration) -> Duration {
    loop {
        let status = orders(instance, token).await.status;
        let passed = since.elapsed();
        match status {
            StatusCode::OK => assert!(passed < limit, "still let in after {passed:?}"),
            StatusCode::UNAUTHORIZED => return passed,
            other => panic!("{other}"),
        }
    }
}

/// What Keycloak says of a token.
pub(crate) async fn is_active(realm: &Realm, token: &str) -> bool {
    let introspected = realm.introspect(ORDERS_API, token).await;
    introspected.is_ok_and(|answer| answer["active"] == true)
}
