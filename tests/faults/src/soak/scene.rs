use std::{env, sync::Arc, time::Duration};

use portcullis_keycloak_suite::{Client, Distribution, Realm, RealmAdmin, Server};
use portcullis_redis_suite::{Configuration, RedisServer};
use serde_json::json;
use tokio::{
    sync::{Mutex, RwLock},
    time::sleep,
};

use super::{client::Connection, population::Population, report::Resources};
use crate::{Replica, ReplicaSettings, SuiteError, Way};

/// The client that the users log in by.
pub(super) const FRONT_END: Client<'static> = Client::public("shop-web");
/// The service's own client.
pub(super) const OWN: Client<'static> = Client::confidential("orders-api", "orders-secret");

/// How long tokens live, in seconds. With what is tolerated of clocks, and with what comes of it for a while once it
/// has ended, all that is known of one is forgotten within some three minutes, of which one has passed before the load
/// begins: soon after the first two a replica holds as much as it will ever hold, and what it still keeps of later ones
/// once they are gone shows as growth. The caches are as large as they are by default, which is more
/// than ever comes, so that nothing goes because they are full.
pub(super) const LIFESPAN: u32 = 60;
/// How often a token in use is asked about on hybrid routes.
pub(super) const RECHECK: Duration = Duration::from_secs(10);
/// How long an answer serves on cached routes.
pub(super) const CACHE: Duration = Duration::from_secs(10);

/// Real parts, and two replicas of the service over them.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) keycloak: Mutex<Server>,
    pub(super) redis: Mutex<RedisServer>,
    pub(super) realm: Realm,
    pub(super) admin: RealmAdmin,
    /// Told of logouts, never killed, and watched.
    pub(super) told: Replica,
    /// Killed now and then.
    pub(super) mortal: RwLock<Replica>,
    pub(super) ports: [u16; 2],
}

impl Scene {
    pub(super) async fn set() -> Result<Arc<Self>, SuiteError> {
        let redis = RedisServer::start(Configuration::default()).await?;
        let server = Server::start(&Distribution::find().await?).await?;
        let admin = server.admin()?.import_shop("shop").await?;
        let policy = "hashAlgorithm(pbkdf2-sha256) and hashIterations(1)";
        admin
            .patch_realm(&json!({
                "passwordPolicy": policy,
                "accessTokenLifespan": LIFESPAN,
                "ssoSessionIdleTimeout": 36_000,
            }))
            .await?;
        let realm = Realm::new(&server, "shop")?;
        let program = env::current_exe()
            .map_err(SuiteError::file("finding", "the program itself".as_ref()))?
            .with_file_name("faults-service");
        let settings = ReplicaSettings {
            program,
            issuer: realm.issuer().to_owned(),
            variables: vec![
                ("REDIS_URL", redis.url()),
                ("LOGOUT_AUDIENCES", FRONT_END.id.to_owned()),
                ("RECHECK_SECONDS", RECHECK.as_secs().to_string()),
                ("CACHE_SECONDS", CACHE.as_secs().to_string()),
                // As the realm has it: news is kept for as long as tokens may live that it is about.
                ("LIFETIME_SECONDS", LIFESPAN.to_string()),
                (
                    "RUST_LOG",
                    env::var("RUST_LOG").unwrap_or_else(|_| "portcullis=warn".to_owned()),
                ),
            ],
            wrapper: Vec::new(),
        };
        let told = Replica::start(settings.clone()).await?;
        let mortal = Replica::start(settings).await?;
        let receiver = format!("{}/backchannel-logout", told.base_url());
        admin
            .set_backchannel_logout_url(FRONT_END.id, &receiver)
            .await?;
        Ok(Arc::new(Self {
            ports: [told.port(), mortal.port()],
            keycloak: Mutex::new(server),
            redis: Mutex::new(redis),
            realm,
            admin,
            told,
            mortal: RwLock::new(mortal),
        }))
    }

    /// A first request at each route of each replica, and time for whatever begins with it.
    pub(super) async fn warm_up(&self, population: &Population) {
        const SETTLED: Duration = Duration::from_secs(35);
        let token = population.any();
        for port in self.ports {
            let mut connection = Connection::to(port);
            for way in Way::ALL {
                if let Some(token) = &token {
                    // What comes of it is no part of the load.
                    let _ = connection.get(way.path(), token.authorization()).await;
                }
            }
        }
        // Tokens that are issued from now on are younger than what a replica is in doubt about after its start,
        // and connections of the start are closed.
        sleep(SETTLED).await;
    }

    /// What the told replica holds.
    pub(super) async fn resources(&self) -> Result<Resources, SuiteError> {
        let held = self.told.held()?;
        Ok(Resources {
            memory: held.memory,
            descriptors: held.descriptors,
            threads: held.threads,
            tasks: self.told.tasks().await?,
        })
    }

    /// Ends what it has started, in good order where that is quick.
    pub(super) async fn end(&self) -> Result<(), SuiteError> {
        self.mortal.write().await.kill().await?;
        self.redis.lock().await.kill();
        self.keycloak.lock().await.stop().await
    }
}
