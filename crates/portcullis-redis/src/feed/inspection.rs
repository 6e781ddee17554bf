//! What happens once a second: is everything there that should be, and does everybody live?

use std::{collections::HashMap, time::Duration};

use bytes::Bytes;
use portcullis::Timestamp;
use redis::{Value, cmd, pipe};
use tokio::time::Instant;

use super::{
    appending::FIELD,
    gap::Gap,
    inheritance::{Inheritance, Legacy},
    ranges::Ranges,
    reader::Reader,
    record::Record,
    stream::{StreamId, StreamState},
    upkeep::Draft,
};
use crate::{
    connection::{Connection, Failure},
    link::Link,
};

/// How long entries and records are kept beyond the time for which they matter: clocks differ, and
/// what matters is told to the minute.
const MARGIN: Duration = Duration::from_secs(180);
const CLEARING: Duration = Duration::from_secs(60);
/// How many entries are written again in one go.
const BATCH: usize = 256;

impl Reader {
    pub(super) async fn inspect(&mut self, connection: &mut Connection) -> Result<(), Failure> {
        self.next_inspection = Instant::now() + Self::PERIOD;
        let Some(now) = self.sink.now() else {
            return Ok(());
        };
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
        self.added = state.map_or(0, |state| state.added);
        let end = state.map_or(StreamId::START, |state| state.last_generated);
        self.end = end;
        let mut is_reloaded = was_reset || self.must_reload;
        if is_reloaded {
            self.reload(connection, end).await?;
        } else {
            self.catch_up(connection, end).await?;
        }
        let silent = self.writers.weigh(records, own, now, Instant::now());
        if !is_reloaded && (self.writers.lack_any() || self.writers.lack_own()) {
            self.reload(connection, end).await?;
            is_reloaded = true;
        }
        self.judge(was_reset, was_trimmed, silent);
        if is_reloaded {
            self.write_again(connection, own.last).await?;
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
        state.last_generated < self.position || state.added < self.added
    }

    /// Whether the oldest entry that is left is younger than the last that was read.
    fn was_trimmed(&self, state: Option<StreamState>) -> bool {
        let first = state.and_then(|state| state.first);
        self.position > StreamId::START && first > Some(self.position)
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

    fn doubt(&mut self, gap: Gap) {
        self.sink.doubt();
        if let Some(inheritance) = &mut self.inheritance {
            inheritance.end();
        }
        let issuer = self.sink.issuer();
        tracing::warn!(target: "portcullis::revocation", issuer, "news from the other instances may have been missed, and tokens issued until now are asked about: {gap}");
    }

    /// Writes again what of this process's own the stream lacks.
    async fn write_again(&mut self, connection: &mut Connection, told: u64) -> Result<(), Failure> {
        if !self.has_pen() {
            return Ok(());
        }
        let lacking = self.channel.outbox().lacking(&self.own_present, told);
        for batch in lacking.chunks(BATCH) {
            let mut commands = pipe();
            for sealed in batch {
                commands.cmd("XADD").arg(&self.channel.stream).arg("*");
                commands.arg(FIELD).arg(&**sealed).ignore();
            }
            connection
                .query_all::<()>(&commands, Link::PATIENCE)
                .await?;
        }
        Ok(())
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

    /// Renews the own record in the midst of something longer.
    pub(super) async fn renew_if_due(
        &mut self,
        connection: &mut Connection,
    ) -> Result<(), Failure> {
        if self.inheritance.is_some() && Instant::now() >= self.next_renewal {
            self.renew(connection).await?;
        }
        Ok(())
    }

    async fn renew(&mut self, connection: &mut Connection) -> Result<(), Failure> {
        self.next_renewal = Instant::now() + Self::PERIOD;
        let Some(now) = self.sink.now().filter(|_| self.has_pen()) else {
            return Ok(());
        };
        let since = self.horizon(now);
        let draft = Draft {
            now,
            complete_since: self.sink.complete_since(),
            since,
            others: self.writers.knowledge(since),
        };
        self.channel.renew(connection, draft).await
    }

    async fn clear_away(
        &mut self,
        connection: &mut Connection,
        now: Timestamp,
    ) -> Result<(), Failure> {
        if Instant::now() < self.next_clearing || !self.has_pen() {
            return Ok(());
        }
        self.next_clearing = Instant::now() + CLEARING;
        let kept = self.sink.retention().saturating_add(MARGIN);
        let since = now.minus(kept);
        self.writers.forget_before(since);
        self.channel.outbox().forget_before(since);
        let old: Vec<_> = self.writers.recorded_before(since).collect();
        self.channel.clear_away(connection, kept, &old).await
    }

    fn has_pen(&mut self) -> bool {
        if self.pen.is_none() {
            self.pen = self.channel.pen.clone().try_lock_owned().ok();
        }
        self.pen.is_some()
    }

    async fn records(&self, connection: &mut Connection) -> Result<Vec<Record>, Failure> {
        let mut ask = cmd("HGETALL");
        ask.arg(&self.channel.writers);
        let fields: Vec<(Bytes, Bytes)> = connection.query(&ask, Link::PATIENCE).await?;
        let records = fields
            .iter()
            .filter_map(|(place, sealed)| self.channel.open_record(place, sealed));
        Ok(records.collect())
    }

    /// `None` where there is no stream.
    async fn state(&self, connection: &mut Connection) -> Result<Option<StreamState>, Failure> {
        let mut ask = pipe();
        ask.cmd("EXISTS").arg(&self.channel.stream);
        ask.cmd("XINFO").arg("STREAM").arg(&self.channel.stream);
        ask.ignore_errors();
        let answers: Vec<redis::RedisResult<Value>> =
            connection.query_all(&ask, Link::PATIENCE).await?;
        let mut answers = answers.into_iter();
        if let Some(Ok(Value::Int(0))) = answers.next() {
            return Ok(None);
        }
        let told = answers.next().transpose()?;
        let members: Option<HashMap<String, Value>> =
            told.and_then(|told| redis::from_redis_value(told).ok());
        let unknown = || Failure::Refused("what it says of the stream is not known".to_owned());
        let state = members.and_then(StreamState::of).ok_or_else(unknown)?;
        Ok(Some(state))
    }
}
