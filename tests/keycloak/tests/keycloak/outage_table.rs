//! The hours of an outage, route class by route class, by a clock that is told how late it is;
//! the key set and every answer were had before Keycloak went away.

use std::time::Duration;

use portcullis::{CanAsk, Issuer, ManualClock, Realm};
use portcullis_keycloak_suite::Client;
use reqwest::StatusCode;
use serde_json::json;

use crate::{
    environment::{Environment, ORDERS_API, now, run_alone},
    log::logged,
    service::{CountedClient, Reply, Service},
};

/// How old the answers may be that the routes of one class live on.
const STALE_WITHIN: Duration = Duration::from_secs(15 * 60);

/// As many failures in a row as open the circuit.
const FAILURES: usize = 5;

#[test]
fn what_each_route_class_answers_while_keycloak_is_down_for_a_minute_for_an_hour_and_for_two() {
    run_alone(async |env| {
        let clock = ManualClock::at(now());
        let token = long_lived_token(env, "outage-table").await;
        let counted = CountedClient::new();
        let issuer = issuer(env, &clock, &counted);
        let routes = Routes::of(&issuer);
        routes.assert(&token, [OK, OK, OK, OK, OK]).await;

        let mut server = env.server.lock().await;
        server.stop().await.unwrap();
        // The answer about the token is kept for half a minute.
        routes.assert(&token, [OK, OK, OK, OK, DOWN]).await;
        clock.advance(Duration::from_secs(60));
        routes.assert(&token, [OK, OK, DOWN, OK, DOWN]).await;
        clock.advance(Duration::from_secs(59 * 60));
        routes.assert(&token, [OK, OK, DOWN, DOWN, DOWN]).await;
        clock.advance(Duration::from_secs(60 * 60));
        routes.assert(&token, [DOWN, DOWN, DOWN, DOWN, DOWN]).await;

        server.start_again().await.unwrap();
        // The longest wait of the circuit is over, and Keycloak's own clock has gone on as ever.
        clock.advance(Duration::from_secs(60));
        clock.jump_to(now());
        routes.assert(&token, [OK, OK, OK, OK, OK]).await;
    });
}

#[test]
fn while_keycloak_is_down_it_is_left_alone_and_one_caller_finds_out_when_it_is_back() {
    run_alone(async |env| {
        let clock = ManualClock::at(now());
        let token = long_lived_token(env, "outage-circuit").await;
        let counted = CountedClient::new();
        let service = Service::asking(issuer(env, &clock, &counted).hybrid());
        service.pay(&token).await.assert(StatusCode::OK);
        assert_eq!(counted.introspections(), 1);

        let told = || logged(|line| line.contains("nobody asks it for a while")).len();
        let told_before = told();
        let mut server = env.server.lock().await;
        server.stop().await.unwrap();
        for _ in 0..FAILURES {
            service.pay(&token).await.assert_unavailable();
        }
        let asked = counted.introspections();
        assert_eq!(asked, 1 + FAILURES);
        for _ in 0..100 {
            service.pay(&token).await.assert_unavailable();
            service.me(&token).await.assert(StatusCode::OK);
        }
        assert_eq!(counted.introspections(), asked);
        assert_eq!(told(), told_before + 1);
        // Each attempt that fails doubles the wait.
        for (attempts, wait) in [1, 2, 4].into_iter().enumerate() {
            clock.advance(Duration::from_secs(wait));
            for _ in 0..10 {
                service.pay(&token).await.assert_unavailable();
            }
            assert_eq!(counted.introspections(), asked + attempts + 1);
        }

        server.start_again().await.unwrap();
        let refused = service.pay(&token).await;
        refused.assert_unavailable();
        assert_eq!(refused.retry_after, Some(8));
        clock.advance(Duration::from_secs(8));
        service.pay(&token).await.assert(StatusCode::OK);
        service.pay(&token).await.assert(StatusCode::OK);
    });
}

const OK: StatusCode = StatusCode::OK;
const DOWN: StatusCode = StatusCode::SERVICE_UNAVAILABLE;

/// One service for each way of knowing.
struct Routes {
    local: Service,
    hybrid: Service,
    introspection: Service,
    stale: Service,
}

impl Routes {
    fn of(issuer: &Issuer<CanAsk>) -> Self {
        let introspection = issuer.introspection();
        Self {
            local: Service::local(issuer.jwt()),
            hybrid: Service::asking(issuer.hybrid()),
            stale: Service::asking(introspection.clone().stale_within(STALE_WITHIN)),
            introspection: Service::asking(introspection),
        }
    }

    /// Local, hybrid, introspection, the same with `stale_within`, and live.
    async fn assert(&self, token: &str, expected: [StatusCode; 5]) {
        let replies: [Reply; 5] = [
            self.local.me(token).await,
            self.hybrid.me(token).await,
            self.introspection.me(token).await,
            self.stale.me(token).await,
            self.stale.pay(token).await,
        ];
        for reply in replies.iter().filter(|reply| reply.status == DOWN) {
            reply.assert_unavailable();
        }
        assert_eq!(replies.each_ref().map(|reply| reply.status), expected);
    }
}

/// A token of three hours: it is not what ends.
async fn long_lived_token(env: &Environment, id: &str) -> String {
    let changes = json!({ "attributes": { "access.token.lifespan": "10800" } });
    env.front_end(id, ORDERS_API.id, changes).await;
    let user = env.user(&format!("user-of-{id}"), &[]).await;
    let tokens = env.shop.log_in(Client::public(id), &user).await;
    tokens.unwrap().access
}

fn issuer(env: &Environment, clock: &ManualClock, counted: &CountedClient) -> Issuer<CanAsk> {
    Realm::new(env.shop.issuer())
        .unwrap()
        .audience(ORDERS_API.id)
        .client_secret(ORDERS_API.id, ORDERS_API.secret.unwrap())
        .clock(clock.clone())
        .http_client(counted.clone())
        .build()
        .unwrap()
}
