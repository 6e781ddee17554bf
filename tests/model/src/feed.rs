use std::future::pending;

use portcullis::{FeedFuture, RevocationFeed, RevocationNotice, RevocationSink};
use serde_json::Value;

use crate::{
    server::{session_id, token_id},
    world::{Shared, Told, What, World},
};

/// What carries news from one instance to the others: late, out of order and twice.
#[derive(Debug, Clone)]
pub(crate) struct Feed {
    pub(crate) instance: usize,
    pub(crate) world: Shared,
}

/// News on its way to an instance.
#[derive(Debug)]
pub(crate) struct News {
    to: usize,
    notice: RevocationNotice,
    what: What,
    pub(crate) has_arrived: bool,
}

impl RevocationFeed for Feed {
    fn run(&self, sink: RevocationSink) -> FeedFuture {
        sink.hear();
        self.world.lock().sinks[self.instance] = Some(sink);
        Box::pin(pending())
    }

    fn publish(&self, _: &str, notice: RevocationNotice) -> FeedFuture {
        let (world, from) = (self.world.clone(), self.instance);
        Box::pin(async move {
            let first = {
                let mut world = world.lock();
                let what = world.what(from, &notice);
                if let What::Ended { .. } = what {
                    // Whoever tells others has taken it over before.
                    world.note_told(from, what);
                }
                let others = (0..world.sinks.len()).filter(|to| *to != from);
                let news: Vec<_> = others
                    .map(|to| News {
                        to,
                        notice: notice.clone(),
                        what,
                        has_arrived: false,
                    })
                    .collect();
                let first = world.news.len();
                world.news.extend(news);
                (!world.holds_shared).then_some(first..world.news.len())
            };
            for number in first.into_iter().flatten() {
                world.tell(number);
            }
            Ok(())
        })
    }
}

impl Shared {
    /// Lets news arrive, at an instance that listens.
    pub(crate) fn tell(&self, number: usize) {
        let (sink, notice) = {
            let world = self.lock();
            let news = &world.news[number];
            (world.sinks[news.to].clone(), news.notice.clone())
        };
        let Some(sink) = sink else {
            return;
        };
        sink.take(&notice);
        let mut world = self.lock();
        world.news[number].has_arrived = true;
        let News { to, what, .. } = world.news[number];
        world.note_told(to, what);
    }
}

impl World {
    /// What a notice says.
    fn what(&self, from: usize, notice: &RevocationNotice) -> What {
        let said: Value = serde_json::from_slice(&notice.encode()).unwrap_or_default();
        match said["kind"].as_str() {
            Some("session") => {
                let sid = said["sid"].as_str().unwrap_or_default();
                let sessions = 0..self.server.sessions.len();
                let session = sessions.into_iter().find(|it| session_id(*it) == sid);
                session.map_or(What::Other, |session| What::Ended { session })
            }
            Some("suspect_token") => {
                let name = said["name"].as_str().unwrap_or_default();
                let tokens = 0..self.server.tokens.len();
                let token = tokens.into_iter().find(|it| token_id(*it) == name);
                token
                    .and_then(|token| {
                        let mut verdicts = self.verdicts(token).rev();
                        let last = verdicts.find(|it| it.instance == from && !it.is_active)?;
                        let judged = last.judged;
                        Some(What::Inactive { token, judged })
                    })
                    .unwrap_or(What::Other)
            }
            _ => What::Other,
        }
    }

    pub(crate) fn note_told(&mut self, instance: usize, what: What) {
        if self
            .told
            .iter()
            .any(|told| told.instance == instance && told.what == what)
        {
            return;
        }
        let at = self.journal.event();
        self.told.push(Told { instance, at, what });
    }
}
