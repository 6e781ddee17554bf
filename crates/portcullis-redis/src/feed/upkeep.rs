//! What this process says of itself in the hash, and what it clears away.

use std::time::Duration;

use portcullis::Timestamp;
use redis::{Pipeline, cmd, pipe};
use tokio::time::{Instant, sleep, timeout};

use super::{
    Channel, WriterId,
    record::{Record, Stretch},
};
use crate::{
    connection::{Connection, Failure},
    link::{Link, Question::Several},
};

/// What this process last said of itself.
#[derive(Debug, Default)]
pub(super) struct Standing {
    record: Option<Record>,
}

/// What there is to say.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) now: Timestamp,
    pub(super) complete_since: Option<Timestamp>,
    pub(super) retention: Duration,
    /// What is older need not be told any more.
    pub(super) since: Timestamp,
    pub(super) others: Vec<Stretch>,
    /// What waits since then should be known to others by now, so that they miss it.
    pub(super) due: Option<Instant>,
}

impl Channel {
    /// How long a farewell may take.
    const FAREWELL: Duration = Duration::from_secs(5);

    /// Renews the record of this process.
    pub(super) async fn renew(
        &self,
        connection: &mut Connection,
        draft: Draft,
    ) -> Result<(), Failure> {
        let mut standing = self.standing.lock().await;
        let beat = standing.record.as_ref().map_or(0, |record| record.beat);
        let own = {
            let outbox = self.outbox();
            Stretch {
                last: outbox.due(draft.due),
                ..outbox.stretch(self.writer, draft.since)
            }
        };
        let record = Record {
            writer: self.writer,
            beat: beat + 1,
            time: draft.now,
            is_farewell: self.has_closed(),
            complete_since: draft.complete_since,
            retention: draft.retention,
            own,
            others: draft.others,
        };
        let mut commands = pipe();
        self.add_record(&mut commands, &record);
        standing.record = Some(record);
        connection.query_all(&commands, Link::PATIENCE).await
    }

    /// The record as it will be once everything up to `last` is written; `None` where this process
    /// has not begun to read, and so can say nothing of itself.
    pub(super) fn record(&self, standing: &mut Standing, last: u64) -> Option<Record> {
        let record = standing.record.as_mut()?;
        record.own.last = record.own.last.max(last);
        record.is_farewell = self.has_closed();
        Some(record.clone())
    }

    pub(super) fn add_record(&self, commands: &mut Pipeline, record: &Record) {
        if let Some(sealed) = self.seal_record(record) {
            commands.cmd("HSET").arg(&self.writers);
            commands.arg(record.writer.to_string());
            commands.arg(&*sealed).ignore();
        }
    }

    /// Once everything is written that waits, says that nothing more will come.
    pub(crate) async fn say_farewell(self: std::sync::Arc<Self>) {
        const PAUSE: Duration = Duration::from_millis(50);
        let saying = async {
            loop {
                self.attend();
                let is_told = self.outbox().is_empty();
                if is_told && self.try_farewell().await.is_ok() {
                    return;
                }
                sleep(PAUSE).await;
            }
        };
        if timeout(Self::FAREWELL, saying).await.is_err() {
            let issuer = &*self.issuer;
            tracing::warn!(target: "portcullis::revocation", issuer, "redis took no farewell: the other instances may not have heard all of this one's news, and will ask about the tokens in use once");
        }
    }

    async fn try_farewell(&self) -> Result<(), Failure> {
        let mut standing = self.standing.lock().await;
        let Some(record) = &mut standing.record else {
            // Nobody knows of it.
            return Ok(());
        };
        record.beat += 1;
        record.is_farewell = true;
        let mut commands = pipe();
        self.add_record(&mut commands, record);
        self.link.ask(Several(commands)).await
    }

    /// Trims from the stream what is older than `kept`, by the clock of Redis, and removes the records
    /// of these writers.
    pub(super) async fn clear_away(
        &self,
        connection: &mut Connection,
        kept: Duration,
        writers: &[WriterId],
    ) -> Result<(), Failure> {
        let (seconds, _): (u64, u64) = connection.query(&cmd("TIME"), Link::PATIENCE).await?;
        let oldest = seconds.saturating_sub(kept.as_secs()).saturating_mul(1000);
        let mut commands = pipe();
        commands.cmd("XTRIM").arg(&self.stream);
        commands.arg("MINID").arg("~").arg(oldest).ignore();
        if !writers.is_empty() {
            let places: Vec<_> = writers.iter().map(ToString::to_string).collect();
            commands.cmd("HDEL").arg(&self.writers).arg(places).ignore();
        }
        connection.query_all(&commands, Link::PATIENCE).await
    }
}
