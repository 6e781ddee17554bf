//! Notices merge by "the later one counts": whatever their order, however late they come and however
//! often, the same tokens are over.

use std::sync::Arc;

use http::{Request, header};
use portcullis::{
    Authenticator, CanAsk, Issuer, IssuerBuilder, Reason, RequestView, RevocationNotice,
    WithCredentials,
};
use portcullis_conformance::{FRONT_END, Instance, MemoryFeed, notify, until};
use portcullis_testing::TokenBuilder;

use crate::{
    cut_offs::{CutOffs, push},
    support::{MINUTE, SECOND, live_status},
};

/// Everything that was told, and tokens of every kind with what is to become of them where nobody can
/// be asked.
struct Story {
    told: CutOffs,
    notices: Vec<RevocationNotice>,
    tokens: Vec<(&'static str, String, Option<Reason>)>,
}

impl Story {
    async fn tell() -> Self {
        let feed = MemoryFeed::new();
        let told = CutOffs::with(|issuer| issuer.revocation_feed(feed.clone())).await;
        let mut story = Self {
            told,
            notices: Vec::new(),
            tokens: Vec::new(),
        };
        let bystander = story.lasting();
        story.add("bystander", bystander, None);
        story.of_sessions().await;
        story.of_a_subject().await;
        story.of_clients().await;
        story.of_a_token().await;
        // What was said of a subject a moment ago is no longer in flux.
        story.told.world.clock.advance(2 * MINUTE);
        until(|| feed.published().len() >= 9).await;
        story.notices = feed.published();
        story
    }

    fn lasting(&self) -> TokenBuilder {
        let token = self.told.world.server.token().client("other-app");
        token.expires_in(55 * MINUTE)
    }

    fn add(&mut self, name: &'static str, token: TokenBuilder, fate: Option<Reason>) {
        self.tokens.push((name, token.jwt(), fate));
        self.told.world.clock.advance(SECOND);
    }

    async fn notify(&self, logout_token: String) {
        let reply = notify(&self.told.instance.receiver, &logout_token).await;
        assert_eq!(reply.status, http::StatusCode::OK);
        self.told.world.clock.advance(SECOND);
    }

    /// Two sessions, one of them told of twice.
    async fn of_sessions(&mut self) {
        let notice = |sid| self.told.world.server.logout_token().session(sid).jwt();
        for sid in ["one", "other", "one"] {
            self.notify(notice(sid)).await;
        }
        let revoked = Some(Reason::Revoked);
        let of = |sid: &str, story: &Self| story.lasting().claim("sid", sid);
        let (one, other) = (of("one", self), of("other", self));
        self.add("of a session", one, revoked);
        self.add("of another", other.scope("openid"), revoked);
        let offline = of("other", self).scope("offline_access");
        self.add("offline", offline, Some(Reason::Unconfirmed));
    }

    /// Logged out twice, with tokens before, between and after.
    async fn of_a_subject(&mut self) {
        let revoked = Some(Reason::Revoked);
        for (name, fate) in [("before", revoked), ("between", revoked)] {
            let token = self.lasting().subject("carol");
            self.add(name, token, fate);
            let notice = self.told.world.server.logout_token();
            let notice = notice.without_claim("sid").subject("carol");
            self.notify(notice.jwt()).await;
        }
        let token = self.lasting().subject("carol");
        self.add("after", token, None);
    }

    /// A cut-off that rises, and one that is lower and was told in between.
    async fn of_clients(&mut self) {
        let revoked = Some(Reason::Revoked);
        for (name, fate) in [("first", revoked), ("second", revoked)] {
            let token = self.lasting().client(FRONT_END).subject("dave");
            self.add(name, token, fate);
            let message = self.told.message(self.told.now_and(0));
            let reply = push(&self.told.admin, message).await;
            assert_eq!(reply.status, http::StatusCode::OK);
        }
        let low = self.told.message(self.told.now_and(0) - 100);
        push(&self.told.admin, low).await;
        let token = self.lasting().client(FRONT_END).subject("dave");
        self.add("third", token, None);
    }

    async fn of_a_token(&mut self) {
        let token = self.lasting().subject("erin");
        self.add("inactive", token, Some(Reason::Inactive));
        let (_, token, _) = self.tokens.last().unwrap().clone();
        self.told.realm.deny();
        live_status(&self.told.instance.hybrid, &token).await;
        self.told.realm.allow();
    }

    /// An instance that was told nothing yet.
    fn issuer(&self, feed: &MemoryFeed) -> Issuer<CanAsk> {
        let issuer: IssuerBuilder<WithCredentials> = self.told.realm.realm(&self.told.world);
        issuer.revocation_feed(feed.clone()).build().unwrap()
    }
}

async fn fate(issuer: &Issuer<CanAsk>, token: &str) -> Option<Reason> {
    let request = Request::get("/")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(())
        .unwrap();
    let authenticator = Arc::new(Authenticator::new(issuer.jwt()));
    let outcome = authenticator
        .authenticate(RequestView::from(&request))
        .await;
    outcome.err().map(|rejection| rejection.reason())
}

/// Numbers that look drawn and are the same each time.
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

#[tokio::test]
async fn every_order_comes_to_the_same() {
    let story = Story::tell().await;
    for (name, token, expected) in &story.tokens {
        let fate = fate(&story.told.instance.issuer, token).await;
        assert_eq!(fate, *expected, "where it was told: {name}");
    }
    let mut drawn = Drawn(42);
    for round in 0..200 {
        let feed = MemoryFeed::new();
        let issuer = story.issuer(&feed);
        let _ = issuer.readiness();
        until(|| feed.sinks().len() == 1).await;
        let sink = feed.sinks().remove(0);
        // Every notice at least once, some of them again and again.
        let mut left: Vec<_> = story.notices.iter().collect();
        while !left.is_empty() {
            let next = drawn.below(left.len());
            sink.take(left[next]);
            match drawn.below(3) {
                0 => story.told.world.clock.advance(SECOND / 10),
                _ => drop(left.swap_remove(next)),
            }
        }
        for (name, token, expected) in &story.tokens {
            let fate = fate(&issuer, token).await;
            assert_eq!(fate, *expected, "round {round}: {name}");
        }
    }
}

/// What comes after the end of everything that it is about is not even put in.
#[tokio::test]
async fn what_comes_too_late_is_no_news() {
    let story = Story::tell().await;
    let feed = MemoryFeed::new();
    let issuer = story.issuer(&feed);
    let instance = Instance::of(issuer);
    instance.begin();
    until(|| feed.sinks().len() == 1).await;
    story.told.world.clock.advance(61 * MINUTE);
    for notice in &story.notices {
        feed.sinks()[0].take(notice);
    }
    assert!(instance.issuer.revocations().is_empty());
}
