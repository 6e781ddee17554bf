//! What comes out of Redis.

use std::{collections::HashMap, time::Duration};

use bytes::Bytes;
use redis::{RedisResult, Value, cmd, from_redis_value, pipe};

use super::{
    reader::Reader,
    record::Record,
    stream::{StreamId, StreamState},
};
use crate::{
    connection::{Connection, Failure},
    link::Link,
};

/// Streams by name, with their entries by id, with their fields and values.
type Streams = Vec<(String, Vec<(String, Vec<Bytes>)>)>;

/// How many entries are read in one go.
const BATCH: usize = 500;
/// How long an answer may take, apart from what Redis was told to wait.
const PATIENCE: Duration = Duration::from_secs(2);
/// How far the clock of another instance may be ahead of ours in any case.
const SKEW: Duration = Duration::from_secs(1);

impl Reader {
    /// Reads what is new, and waits for it for as long as `wait` (at least a millisecond) if there is
    /// nothing. Whether there was anything.
    pub(super) async fn read(
        &mut self,
        connection: &mut Connection,
        wait: Option<Duration>,
    ) -> Result<bool, Failure> {
        let mut read = cmd("XREAD");
        read.arg("COUNT").arg(BATCH);
        if let Some(wait) = wait {
            // 0 would be for ever.
            read.arg("BLOCK").arg(wait.as_millis().max(1).to_string());
        }
        read.arg("STREAMS").arg(&self.channel.stream);
        read.arg(self.position.to_string());
        let patience = wait.unwrap_or_default().saturating_add(PATIENCE);
        let streams: Option<Streams> = connection.query(&read, patience).await?;
        let mut is_any = false;
        for (_, entries) in streams.into_iter().flatten() {
            for (id, members) in entries {
                let unknown = || Failure::Refused("an id of an entry is none".to_owned());
                self.position = StreamId::parse(&id).ok_or_else(unknown)?;
                is_any = true;
                self.added += u64::from(self.position > self.end);
                self.absorb(members);
            }
        }
        Ok(is_any)
    }

    /// Reads up to an id that was given out, or to the end.
    pub(super) async fn catch_up(
        &mut self,
        connection: &mut Connection,
        last: StreamId,
    ) -> Result<(), Failure> {
        while self.position < last && self.read(connection, None).await? {
            self.renew_if_due(connection).await?;
        }
        Ok(())
    }

    /// The records of all writers that can be opened.
    pub(super) async fn records(
        &self,
        connection: &mut Connection,
    ) -> Result<Vec<Record>, Failure> {
        let mut ask = cmd("HVALS");
        ask.arg(&self.channel.writers);
        let values: Vec<Bytes> = connection.query(&ask, Link::PATIENCE).await?;
        let records = values.iter();
        Ok(records
            .filter_map(|sealed| self.channel.open_record(sealed))
            .collect())
    }

    /// What there is to say of the stream; `None` where there is none.
    pub(super) async fn state(
        &self,
        connection: &mut Connection,
    ) -> Result<Option<StreamState>, Failure> {
        let mut ask = pipe();
        ask.cmd("EXISTS").arg(&self.channel.stream);
        ask.cmd("XINFO").arg("STREAM").arg(&self.channel.stream);
        ask.ignore_errors();
        let answers: Vec<RedisResult<Value>> = connection.query_all(&ask, Link::PATIENCE).await?;
        let mut answers = answers.into_iter();
        if let Some(Ok(Value::Int(0))) = answers.next() {
            return Ok(None);
        }
        let told = answers.next().transpose()?;
        let members: Option<HashMap<String, Value>> =
            told.and_then(|told| from_redis_value(told).ok());
        let unknown = || Failure::Refused("what it says of the stream is not known".to_owned());
        let state = members.and_then(StreamState::of).ok_or_else(unknown)?;
        Ok(Some(state))
    }

    /// An entry is what its second member says, whatever the first is called.
    fn absorb(&mut self, members: Vec<Bytes>) {
        let Some(now) = self.sink.now() else {
            return;
        };
        let sealed = members.into_iter().nth(1);
        let entry = sealed.and_then(|sealed| self.channel.open_entry(&sealed));
        let Some(entry) = entry else {
            self.sink.count_ignored(false);
            return;
        };
        if entry.time > now.plus(self.sink.leeway().max(SKEW)) {
            self.sink.count_ignored(true);
            return;
        }
        self.sink.take(&entry.notice);
        if entry.writer == self.channel.writer {
            self.own_present.insert(entry.number);
        }
        if self.writers.note(&entry) && entry.writer != self.channel.writer {
            self.hurry();
        }
    }
}
