use std::{collections::HashMap, future::Future, time::Duration};

use http::StatusCode;
use portcullis::{EntrySeal, IssuerBuilder, StateKeys, WithCredentials};
use portcullis_conformance::{World, state_keys};
use portcullis_redis_suite::{Configuration, RedisServer, until};
use portcullis_testing::{Endpoint, Session};
use redis::{Cmd, cmd};

use crate::{
    instance::{Instance, Stall},
    log,
};

/// How long anything may take that goes over Redis.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// As whom an instance comes whose connections have to be told from others.
const USER: &str = "special";

/// The command that makes it known; replicas have to be told themselves.
pub(crate) fn new_user() -> Cmd {
    let rules = ["on", "nopass", "~*", "&*", "+@all"];
    let mut command = cmd("ACL");
    command.arg("SETUSER").arg(USER).arg(&rules);
    command
}

/// An authorization server, a Redis, and the clock that all instances share. It stands still.
pub(crate) struct Cluster {
    pub(crate) world: World,
    pub(crate) redis: RedisServer,
    pub(crate) keys: StateKeys,
}

impl Cluster {
    /// `None` where there is no `redis-server`, which is said aloud and is a failure under `CI=true`.
    pub(crate) async fn start() -> Option<Self> {
        Self::with(Configuration::default()).await
    }

    pub(crate) async fn with(configuration: Configuration) -> Option<Self> {
        log::listen();
        let redis = RedisServer::start_or_skip(configuration).await;
        let redis = redis.unwrap_or_else(|error| panic!("{error}"))?;
        Some(Self {
            world: World::start().await,
            redis,
            keys: state_keys(),
        })
    }

    /// The settings of an instance.
    pub(crate) fn issuer(&self) -> IssuerBuilder<WithCredentials> {
        self.world.asking()
    }

    /// An instance that has read everything there is.
    pub(crate) async fn instance(&self) -> Instance {
        self.instance_at(&self.redis.url()).await
    }

    /// The same with an address of its own.
    pub(crate) async fn instance_at(&self, url: &str) -> Instance {
        let before = self.records().await;
        let instance = Instance::start(self.issuer(), url, &self.keys);
        self.begin(&instance).await;
        self.until("a record of the instance", async || {
            let now = self.records().await;
            now.keys().any(|writer| !before.contains_key(writer))
        })
        .await;
        instance
    }

    /// Instances, of which none began with a doubt about tokens that are issued from now on.
    pub(crate) async fn instances<const N: usize>(&self) -> [Instance; N] {
        let mut instances = Vec::new();
        for _ in 0..N {
            instances.push(self.instance().await);
        }
        self.pass(60);
        instances.try_into().ok().unwrap()
    }

    /// A first request: whatever an instance does, it begins with it.
    pub(crate) async fn begin(&self, instance: &Instance) {
        let token = self.world.server.login("first").token().jwt();
        assert_eq!(instance.get(&token).await, StatusCode::OK);
    }

    /// Lets the common clock go on.
    pub(crate) fn pass(&self, seconds: u64) {
        self.world.clock.advance(Duration::from_secs(seconds));
    }

    /// A session with a token of it.
    pub(crate) fn login(&self) -> (Session, String) {
        let session = self.world.server.login("alice");
        let token = session.token().jwt();
        (session, token)
    }

    /// Ends a session, and tells this instance of it alone.
    pub(crate) async fn log_out(&self, session: &Session, instance: &Instance) {
        instance.receive(session.logout_token().jwt()).await;
        session.end();
    }

    /// How often the server was asked about anything so far.
    pub(crate) fn calls(&self) -> usize {
        self.world.server.request_count(Endpoint::Introspection)
    }

    /// Waits until an instance knows so many things to be over.
    pub(crate) async fn until_known(&self, instance: &Instance, count: usize) {
        self.until("news", async || instance.known() >= count).await;
    }

    /// Waits until something holds.
    pub(crate) async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let probe = async || Ok(holds().await.then_some(()));
        until(what, LIMIT, probe)
            .await
            .unwrap_or_else(|error| panic!("{error}\n{}", self.log().join("\n")));
    }

    /// An instance that comes as [`USER`].
    pub(crate) async fn known_user(&self) -> Instance {
        let url = self.users_url().await;
        self.instance_at(&url).await
    }

    /// The address at which [`USER`] comes.
    pub(crate) async fn users_url(&self) -> String {
        self.run::<()>(&new_user()).await;
        let mut url = url::Url::parse(&self.redis.url()).unwrap();
        url.set_username(USER).unwrap();
        url.set_password(Some("any")).unwrap();
        url.into()
    }

    /// Lets [`USER`] do something, or no longer.
    pub(crate) async fn permit(&self, rule: &str) {
        let mut command = cmd("ACL");
        command.arg("SETUSER").arg(USER).arg(rule);
        self.run::<()>(&command).await;
    }

    /// An instance that reads nothing any more until the stall is dropped, and was sent nothing that
    /// it has not read.
    pub(crate) async fn stalled(&self) -> (Instance, Stall) {
        let instance = self.known_user().await;
        let stall = instance.stall().await;
        let waiting = format!(" user={USER} ");
        self.until("an instance that waits no more", async || {
            let clients: String = self.run(cmd("CLIENT").arg("LIST")).await;
            let mut clients = clients.lines().filter(|line| line.contains(&waiting));
            clients.all(|line| !line.contains("cmd=xread") || line.contains(" flags=N "))
        })
        .await;
        (instance, stall)
    }

    /// Waits until each instance that renews its record has done so `count` times: by then it has
    /// looked at everything that is there now.
    pub(crate) async fn rounds(&self, count: usize) {
        for _ in 0..count {
            let before = self.records().await;
            self.until("a round", async || {
                let now = self.records().await;
                before
                    .iter()
                    .all(|(id, record)| now.get(id) != Some(record))
            })
            .await;
        }
    }

    /// The same where records are left of instances that live no more.
    pub(crate) async fn rounds_of_living(&self, count: usize) {
        let mut last = self.records().await;
        for _ in 0..count {
            self.until("a round", async || self.records().await != last)
                .await;
            last = self.records().await;
        }
    }

    /// Waits until an instance has doubted everything that was before now.
    pub(crate) async fn until_in_doubt(&self, instance: &Instance) {
        let now = portcullis::Clock::now(&self.world.clock);
        self.until("a doubt", async || instance.complete_since() == now)
            .await;
    }

    /// What was warned of, but for what is slow on a machine that is busy.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut lines = self.log();
        lines.retain(|line| line.starts_with("WARN") && !line.contains("within 250 ms"));
        lines
    }

    fn log(&self) -> Vec<String> {
        log::lines(self.world.server.issuer())
    }

    /// The name of the stream.
    pub(crate) fn stream(&self) -> String {
        let issuer = EntrySeal::issuer_name(self.world.server.issuer());
        format!("portcullis:1:feed:{issuer}")
    }

    /// The name of the hash of the writers.
    pub(crate) fn writers(&self) -> String {
        format!("{}:writers", self.stream())
    }

    /// The ids of the entries in the stream.
    pub(crate) async fn ids(&self) -> Vec<String> {
        let mut range = cmd("XRANGE");
        range.arg(self.stream()).arg("-").arg("+");
        let entries: Vec<(String, redis::Value)> = self.run(&range).await;
        entries.into_iter().map(|(id, _)| id).collect()
    }

    /// The records of the writers.
    pub(crate) async fn records(&self) -> HashMap<String, Vec<u8>> {
        self.run(cmd("HGETALL").arg(self.writers())).await
    }

    /// A command of somebody who can write to Redis.
    pub(crate) fn run<T: redis::FromRedisValue>(&self, command: &Cmd) -> impl Future<Output = T> {
        let answer = self.redis.run(command);
        async move { answer.await.unwrap_or_else(|error| panic!("{error}")) }
    }
}
