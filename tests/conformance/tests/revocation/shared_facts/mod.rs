//! What instances of a service share of the answers about tokens: sealed, in a store that may forget,
//! lie about the order, or be away.

mod answers;
mod clocks;
mod entries;
mod outage;

use portcullis::{IssuerBuilder, WithCredentials};
use portcullis_conformance::{Instance, MemoryStore, Recorded, World, pass_start, state_keys};

use super::air::Air;

/// Two instances over one store.
struct Pair {
    air: Air,
    other: Instance,
    store: MemoryStore,
}

impl Pair {
    async fn start() -> Self {
        Self::with(|issuer| issuer).await
    }

    async fn with(
        configure: impl Fn(IssuerBuilder<WithCredentials>) -> IssuerBuilder<WithCredentials>,
    ) -> Self {
        let world = World::start().await;
        let store = MemoryStore::new(&world.clock);
        let sharing = |issuer: IssuerBuilder<WithCredentials>| {
            configure(issuer.shared_store(store.clone(), &state_keys()))
        };
        let air = Air::on(world, sharing).await;
        let other = air.another(sharing).await;
        pass_start(&air.world);
        Self { air, other, store }
    }

    fn here(&self) -> &Instance {
        &self.air.instance
    }

    /// Once what was put into the store is there.
    async fn settle(&self) {
        self.air.settle().await;
    }

    /// What the store has brought this service.
    fn shared(&self, recorded: &Recorded, outcome: &str) -> f64 {
        let issuer = self.air.world.server.issuer();
        recorded.outcomes("portcullis_shared_facts_total", issuer, outcome)
    }

    /// An opaque token of which the server says when it was issued.
    fn opaque(&self, name: &str) -> String {
        let now = self.now();
        let dates = serde_json::json!({"iat": now, "exp": now + 3000, "sub": "alice"});
        self.air.server.say(name, dates);
        name.to_owned()
    }

    /// Now, in seconds.
    fn now(&self) -> u64 {
        let now = self.air.world.clock.system_time();
        let since_epoch = now.duration_since(std::time::UNIX_EPOCH);
        since_epoch.unwrap().as_secs()
    }
}
