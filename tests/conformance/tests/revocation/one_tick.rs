//! Much news within one tick of the clock, and calls in between that clear it: dates tell their order, and run
//! ahead of the clock by one of its ticks and no more.

use std::{sync::Arc, time::Duration};

use http::{Request, StatusCode, header};
use portcullis::{
    Authenticator, Clock, RequestView, RevocationNotice, RevocationSink, Standing, TokenFacts,
};
use portcullis_conformance::{Instance, MemoryFeed, World, get, pass_start, until};
use portcullis_testing::{Endpoint, HoldPoint};
use serde_json::json;

use crate::support::{live_status, status};

/// How far ahead of the clock news may be dated: by a tick, what comes after that, and what is rounded up.
const AHEAD: Duration = Duration::from_millis(18);
/// More pairs of news and call than a tick has room for.
const MANY: u64 = 100;

/// An instance that is told of what happens to the user of one token, while its clock stands still.
struct Told {
    world: World,
    instance: Instance,
    sink: RevocationSink,
    token: String,
    facts: Arc<TokenFacts>,
}

impl Told {
    async fn start() -> Self {
        let world = World::start().await;
        let feed = MemoryFeed::new();
        let instance = Instance::new(world.told().revocation_feed(feed.clone())).await;
        instance.begin();
        pass_start(&world);
        until(|| feed.sinks().len() == 1).await;
        let token = world.server.token().subject("ali").jwt();
        let request = Request::get("/")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(())
            .unwrap();
        let authenticator = Arc::new(Authenticator::new(instance.issuer.hybrid()));
        let request = RequestView::from(&request);
        let admitted = authenticator.authenticate(request).await.unwrap();
        Self {
            sink: feed.sinks().remove(0),
            facts: admitted.unwrap().facts(),
            world,
            instance,
            token,
        }
    }

    /// Something happens to the user.
    fn happens(&self, number: u64) {
        let now = self.world.clock.now().as_milliseconds();
        let issued = now + i64::try_from(number).unwrap();
        let notice = json!({
            "kind": "suspect_subject", "sub": "ali", "issued": issued, "received": now,
        });
        let notice = RevocationNotice::decode(notice.to_string().as_bytes()).unwrap();
        self.sink.take(&notice);
    }

    /// How far ahead of the clock the token is in doubt, which it is.
    fn ahead(&self) -> Duration {
        match self.instance.issuer.revocations().look_up(&self.facts) {
            Standing::Ask(doubt) => doubt.since() - self.world.clock.monotonic(),
            other => panic!("{other:?}"),
        }
    }

    /// Has news and calls take turns until the dates of a tick are used up.
    async fn use_up(&self) {
        for number in 0..MANY {
            self.happens(number);
            let answered = live_status(&self.instance.hybrid, &self.token).await;
            if answered != StatusCode::OK {
                assert_eq!(answered, StatusCode::SERVICE_UNAVAILABLE);
                return;
            }
        }
        panic!("the dates of one tick are never used up");
    }
}

#[tokio::test]
async fn no_news_is_dated_further_ahead_than_by_a_tick() {
    let told = Told::start().await;
    for number in 0..MANY {
        told.happens(number);
        assert!(told.ahead() <= AHEAD, "{:?}: {number}", told.ahead());
        let answered = live_status(&told.instance.hybrid, &told.token).await;
        let expected = [StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE];
        assert!(expected.contains(&answered), "{answered}: {number}");
    }
    // Once time passes, one answer clears everything.
    told.world.clock.advance(AHEAD);
    let calls = told.world.calls();
    let answered = status(&told.instance.hybrid, &told.token).await;
    assert_eq!(answered, StatusCode::OK);
    assert_eq!(told.world.calls(), calls + 1);
    assert_eq!(
        status(&told.instance.jwt, &told.token).await,
        StatusCode::OK
    );
}

/// News that cannot be dated later than what a call was made for is not taken for that.
#[tokio::test]
async fn news_that_comes_while_a_call_is_under_way_is_not_cleared_by_it() {
    let told = Told::start().await;
    told.use_up().await;
    let gate = told
        .world
        .server
        .hold(Endpoint::Introspection, HoldPoint::AfterAnswer);
    let (router, token) = (told.instance.hybrid.clone(), told.token.clone());
    let asking = tokio::spawn(async move { get(&router, &token).await });
    gate.wait_for(1).await;
    told.happens(MANY);
    told.world.server.revoke(&told.token);
    gate.release();
    asking.await.unwrap().assert_invalid_token();
}
