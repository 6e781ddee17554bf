//! What happens once a second: is everything there that should be, and does everybody live?

use std::time::Duration;

use portcullis::Timestamp;
use tokio::time::Instant;

use super::{
    gap::Gap,
    inheritance::{Inheritance, Legacy},
    ranges::Ranges,
    reader::Reader,
    stream::{StreamId, StreamState},
};
use crate::connection::{Connection, Failure};

/// How often the whole stream is read again at the most for something that is missing.
const RELOADING: Duration = Duration::from_secs(10);

impl Reader {
    pub(super) async fn inspect(&mut self, connection: &mut Connection) -> Result<(), Failure> {
        self.next_inspection = Instant::now() + Self::PERIOD;
        let (now, retention) = (self.sink.now(), self.sink.retention());
        // An issuer that is gone has none.
        let Some(now) = now.filter(|_| !retention.is_zero()) else {
            return Ok(());
        };
        self.retention = retention;
        // In this order: what the records speak of is in the stream by then, and so is what this
        // process was told to have written.
        let own = self
            .channel
            .outbox()
            .stretch(self.channel.writer, self.horizon(now));
        let records = self.records(connection).await?;
        let state = self.state(connection).await?;
        let was_reset = self.was_reset(state);
        let was_trimmed = self.was_trimmed(state);
        self.added = state.and_then(|state| state.added).unwrap_or(0);
        let end = state.map_or(StreamId::START, |state| state.last_generated);
        self.end = end;
        let mut is_reloaded = was_reset || self.must_reload;
        if is_reloaded {
            self.reload(connection, end).await?;
        } else {
            self.catch_up(connection, end).await?;
        }
        let known_since = self.known_since(now);
        let at = Instant::now();
        let silent = self.writers.weigh(records, own, (now, at), known_since);
        let is_lacking = self.writers.lack_any() || self.writers.lack_own();
        if is_lacking && !is_reloaded && Instant::now() >= self.next_reload {
            self.next_reload = Instant::now() + RELOADING;
            self.reload(connection, end).await?;
            is_reloaded = true;
        }
        self.inspected = self.position;
        self.judge(was_reset, was_trimmed, silent);
        if is_reloaded {
            self.write_again(connection, own.last).await?;
            self.writers.settle_own();
        }
        self.take_over(now);
        self.renew(connection).await?;
        self.clear_away(connection, now).await
    }

    /// Reads the whole stream again.
    async fn reload(&mut self, connection: &mut Connection, end: StreamId) -> Result<(), Failure> {
        self.position = StreamId::START;
        self.own_present = Ranges::default();
        self.catch_up(connection, end).await?;
        self.must_reload = false;
        Ok(())
    }

    /// Whether the stream is another one than before, or an older state of it.
    fn was_reset(&self, state: Option<StreamState>) -> bool {
        let Some(state) = state else {
            return self.position > StreamId::START;
        };
        let is_shorter = state.added.is_some_and(|added| added < self.added);
        state.last_generated < self.position || is_shorter
    }

    /// Whether the oldest entry that is left is younger than the last that had been read when the stream was
    /// last looked at: what was left may have been read since.
    fn was_trimmed(&self, state: Option<StreamState>) -> bool {
        let first = state.and_then(|state| state.first);
        self.inspected > StreamId::START && first > Some(self.inspected)
    }

    /// Doubts what may have been missed, once.
    fn judge(&mut self, was_reset: bool, was_trimmed: bool, silent: usize) {
        let mut gaps = Vec::new();
        if self.writers.lack_any() {
            gaps.push(match (was_reset, was_trimmed) {
                (true, _) => Gap::Reset,
                (false, true) => Gap::Trimmed,
                (false, false) => Gap::Missing,
            });
        }
        if silent > 0 {
            gaps.push(Gap::Silent);
        }
        self.writers.settle();
        // Who has only just begun claims to know nothing of what was before.
        if self.inheritance.is_none() {
            self.sink.listen();
            self.inheritance = Some(Inheritance::new(Instant::now()));
            return;
        }
        for gap in gaps {
            self.doubt(gap);
        }
        if was_reset {
            let issuer = self.sink.issuer();
            tracing::warn!(target: "portcullis::revocation", issuer, "the stream of news was reset, by a flush or a failover: each instance writes again what it has written");
        }
    }

    /// Since when nothing that matters was missed; `None` until anything was read.
    fn known_since(&self, now: Timestamp) -> Option<Timestamp> {
        let since = self.sink.complete_since()?;
        let known = since.max(self.horizon(now));
        self.inheritance.is_some().then_some(known)
    }

    fn doubt(&mut self, gap: Gap) {
        self.sink.doubt();
        if let Some(inheritance) = &mut self.inheritance {
            inheritance.end();
        }
        let issuer = self.sink.issuer();
        tracing::warn!(target: "portcullis::revocation", issuer, "news from the other instances may have been missed, and tokens issued until now are asked about: {gap}");
    }

    /// Takes over what others know who have been there for longer.
    fn take_over(&mut self, now: Timestamp) {
        let Some(inheritance) = &mut self.inheritance else {
            return;
        };
        match inheritance.weigh(&self.writers, now, Instant::now()) {
            Legacy::Nothing => {}
            Legacy::Since(since) => self.sink.reach_back(since.max(self.horizon(now))),
            Legacy::Doubtful => self.doubt(Gap::Inherited),
        }
    }
}
