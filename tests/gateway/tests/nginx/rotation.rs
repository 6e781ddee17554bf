//! Keys of a real Keycloak that change while requests come in.

use std::{collections::BTreeSet, time::Duration};

use portcullis_gateway_suite::{Gateway, Nginx, SUITE, SuiteError, Upstream, Wire};
use portcullis_keycloak_suite::{Client, Distribution, Realm, Server, header_of};
use tokio::{sync::watch, time::sleep};

use crate::{traffic::Traffic, world::can_run};

const WAREHOUSE: Client<'static> = Client::confidential("warehouse", "warehouse-secret");
const ROTATIONS: u32 = 3;

const RULES: &str = r#"
[[rules]]
path = "/orders/**"
[[rules]]
path = "/payments"
live = true
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_while_keycloak_changes_its_keys_at_500_requests_a_second() {
    if !can_run() {
        return;
    }
    let Some(server) = keycloak().await else {
        return;
    };
    let admin = server
        .admin()
        .unwrap()
        .import_shop("shop-gateway")
        .await
        .unwrap();
    let realm = Realm::new(&server, "shop-gateway").unwrap();
    let issuer = format!(
        r#"url = "{}"
kind = "keycloak"
audience = ["orders-api"]
client_id = "orders-api"
client_secret_env = "GATEWAY_SECRET"
"#,
        realm.issuer()
    );
    admin.patch_client("orders-api", &secret()).await.unwrap();
    let gateway = Gateway::start(&issuer, RULES).await.unwrap();
    let upstream = Upstream::start().await.unwrap();
    let nginx = Nginx::start(&gateway, &upstream).await.unwrap();

    let fresh = async || realm.client_credentials(WAREHOUSE).await.unwrap().access;
    let old = fresh().await;
    let (newest, tokens) = watch::channel(old.clone());
    let mut key_ids = BTreeSet::new();
    let rotations = async {
        let mut pass_on = async |rounds: u32| {
            for _ in 0..rounds {
                let token = fresh().await;
                key_ids.insert(header_of(&token)["kid"].to_string());
                newest.send_replace(token);
                sleep(Duration::from_millis(200)).await;
            }
        };
        pass_on(10).await;
        for rotation in 1..=ROTATIONS {
            let name = format!("rotation-{rotation}");
            admin.add_rsa_key(&name, 200 + rotation).await.unwrap();
            pass_on(10).await;
        }
    };
    let (outcome, ()) = Traffic::new(tokens).flow(nginx.port(), rotations).await;
    SUITE.say(&format!(
        "{} requests through {ROTATIONS} rotations, {:.0} a second, {} failed",
        outcome.requests,
        outcome.rate,
        outcome.failures.len()
    ));
    outcome.assert_spotless();
    assert_eq!(key_ids.len(), 1 + ROTATIONS as usize);

    let wire = Wire::to(nginx.port());
    let authorization = format!("Bearer {old}");
    for line in ["GET /orders/1", "POST /payments"] {
        let reply = wire
            .send(line, &[("Authorization", &authorization)])
            .await
            .unwrap();
        assert_eq!(reply.status, 200, "{line}");
    }
}

fn secret() -> serde_json::Value {
    serde_json::json!({ "secret": "gateway-secret" })
}

/// `None`, said aloud, where nothing can run Keycloak.
async fn keycloak() -> Option<Server> {
    let started = async { Server::start(&Distribution::find().await?).await };
    match started.await {
        Ok(server) => Some(server),
        Err(SuiteError::Unavailable(reason)) => {
            SUITE.skip(&reason).unwrap_or_else(|line| panic!("{line}"));
            None
        }
        Err(error) => panic!("{error}"),
    }
}
