//! What one reader of each process does for all of it.

use std::time::Duration;

use portcullis::Timestamp;
use redis::pipe;
use tokio::time::Instant;

use super::{appending::FIELD, reader::Reader, upkeep::Draft};
use crate::{
    connection::{Connection, Failure},
    link::Link,
};

/// How long entries and records are kept beyond the time for which they matter: clocks differ, and
/// what matters is told to the minute.
const MARGIN: Duration = Duration::from_secs(180);
const CLEARING: Duration = Duration::from_secs(60);
/// How long what has to be told may wait before the others are to miss it.
const OVERDUE: Duration = Duration::from_secs(5);
/// How many entries are written again in one go.
const BATCH: usize = 256;

impl Reader {
    /// Writes again what of this process's own the stream lacks.
    pub(super) async fn write_again(
        &mut self,
        connection: &mut Connection,
        told: u64,
    ) -> Result<(), Failure> {
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
            self.renew_if_due(connection).await?;
        }
        Ok(())
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

    /// Renews the own record.
    pub(super) async fn renew(&mut self, connection: &mut Connection) -> Result<(), Failure> {
        self.next_renewal = Instant::now() + Self::PERIOD;
        let Some(now) = self.sink.now().filter(|_| self.has_pen()) else {
            return Ok(());
        };
        let since = self.horizon(now);
        let draft = Draft {
            now,
            complete_since: self.sink.complete_since(),
            retention: self.retention,
            since,
            others: self.writers.knowledge(since),
            due: self.due(),
        };
        self.channel.renew(connection, draft).await
    }

    /// What waits since then should have been written: Redis was there for long enough.
    fn due(&self) -> Option<Instant> {
        let due = Instant::now().checked_sub(OVERDUE)?;
        (self.connected <= due).then_some(due)
    }

    /// Clears away what is too old to matter to anybody, once a minute.
    pub(super) async fn clear_away(
        &mut self,
        connection: &mut Connection,
        now: Timestamp,
    ) -> Result<(), Failure> {
        if Instant::now() < self.next_clearing {
            return Ok(());
        }
        self.next_clearing = Instant::now() + CLEARING;
        let kept = self.retention.saturating_add(MARGIN);
        let since = now.minus(kept);
        self.writers.forget_before(since);
        if !self.has_pen() {
            return Ok(());
        }
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
}
