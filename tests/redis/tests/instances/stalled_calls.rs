//! A call that is stuck while another instance makes a newer one: what it brings when it returns at last
//! replaces nothing, neither in Redis nor in what an instance was told.

use std::time::Duration;

use http::StatusCode;
use portcullis_testing::{Endpoint, Gate, HoldPoint, Session};
use redis::cmd;
use tokio::task::JoinHandle;

use crate::{cluster::Cluster, instance::Instance};

/// Two instances, of which the first has asked about a token and waits for an answer that the server has
/// made up long ago.
struct Stalled {
    cluster: Cluster,
    one: Instance,
    two: Instance,
    session: Session,
    token: String,
    gate: Gate,
    waiting: JoinHandle<StatusCode>,
    /// What Redis kept of other tokens before.
    others: Vec<String>,
}

impl Stalled {
    /// The server makes its answer up once this was done.
    async fn start(before: impl FnOnce(&Cluster)) -> Option<Self> {
        let cluster = Cluster::start().await?;
        let [one, two] = [start(&cluster).await, start(&cluster).await];
        cluster.pass(60);
        let others = names(&cluster).await;
        let (session, token) = cluster.login();
        before(&cluster);
        let server = &cluster.world.server;
        let gate = server.hold(Endpoint::Introspection, HoldPoint::AfterAnswer);
        let waiting = one.posting_active(&token);
        gate.wait_for(1).await;
        gate.admit_no_more();
        // More than the clocks of two instances are taken to differ by, which is the leeway.
        cluster.pass(32);
        Some(Self {
            cluster,
            one,
            two,
            session,
            token,
            gate,
            waiting,
            others,
        })
    }

    /// The order of the answer that Redis keeps: later answers have a higher one.
    async fn kept(&self) -> Option<Vec<u8>> {
        const DIGITS: usize = 20;
        let mut names = names(&self.cluster).await;
        names.retain(|name| !self.others.contains(name));
        assert!(names.len() <= 1, "one token, one answer");
        let mut value: Vec<u8> = self.cluster.run(cmd("GET").arg(names.first()?)).await;
        value.truncate(DIGITS);
        Some(value)
    }

    /// The same, once there is one.
    async fn kept_by_now(&self) -> Option<Vec<u8>> {
        let has_one = async || self.kept().await.is_some();
        self.cluster.until("a shared answer", has_one).await;
        self.kept().await
    }

    /// Lets the old answer go. What does the first instance make of it?
    async fn let_go(&mut self) -> StatusCode {
        self.gate.release();
        let status = (&mut self.waiting).await.unwrap();
        // By then Redis has had what it brought.
        self.cluster.rounds(2).await;
        status
    }
}

/// The names of all answers that Redis keeps.
async fn names(cluster: &Cluster) -> Vec<String> {
    let pattern = "portcullis:1:facts:*";
    cluster.run(cmd("KEYS").arg(pattern)).await
}

/// An instance that does not give its call up while this machine is busy.
async fn start(cluster: &Cluster) -> Instance {
    let before = cluster.records().await.len();
    let issuer = cluster
        .issuer()
        .introspection_deadline(Duration::from_secs(120));
    let instance = Instance::start(issuer, &cluster.redis.url(), &cluster.keys);
    cluster.begin(&instance).await;
    cluster
        .until("a record of the instance", async || {
            cluster.records().await.len() > before
        })
        .await;
    instance
}

#[tokio::test]
async fn an_active_answer_from_before_the_end_brings_nothing_back() {
    let Some(mut stalled) = Stalled::start(|_| ()).await else {
        return;
    };
    stalled.session.end();
    let token = stalled.token.clone();
    let refused = stalled.two.post_active(&token).await;
    assert_eq!(refused, StatusCode::UNAUTHORIZED);
    stalled.cluster.until_known(&stalled.one, 1).await;
    let tombstone = stalled.kept_by_now().await;

    // It was told meanwhile, and so asks once more.
    let calls = stalled.cluster.calls();
    assert_eq!(stalled.let_go().await, StatusCode::UNAUTHORIZED);
    assert_eq!(stalled.cluster.calls(), calls + 1);
    assert_eq!(stalled.kept().await, tombstone, "what Redis keeps");
    for instance in [&stalled.one, &stalled.two] {
        assert_eq!(instance.get(&token).await, StatusCode::UNAUTHORIZED);
    }
    let third = start(&stalled.cluster).await;
    assert_eq!(third.get(&token).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_inactive_answer_from_before_replaces_no_newer_one() {
    let disable = |cluster: &Cluster| {
        cluster.world.server.disable_user("alice");
    };
    let Some(mut stalled) = Stalled::start(disable).await else {
        return;
    };
    stalled.cluster.world.server.enable_user("alice");
    let token = stalled.token.clone();
    assert_eq!(stalled.two.post_active(&token).await, StatusCode::OK);
    let newer = stalled.kept_by_now().await;

    // It is the answer to this very request, and to no later one.
    assert_eq!(stalled.let_go().await, StatusCode::UNAUTHORIZED);
    assert_eq!(stalled.kept().await, newer, "what Redis keeps");
    stalled.cluster.pass(6);
    for instance in [&stalled.two, &stalled.one] {
        assert_eq!(instance.get(&token).await, StatusCode::OK);
        assert_eq!(instance.post_active(&token).await, StatusCode::OK);
    }
}
