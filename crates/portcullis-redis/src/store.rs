//! What instances keep for each other. Each value has its order in front, 20 decimal digits, so that
//! it can be compared where it lies.

use std::time::Duration;

use bytes::Bytes;
use portcullis::{SharedStore, StoreError, StoreFuture, StoreKey};
use redis::cmd;

use crate::{RedisState, connection::Failure, link::Question::One};

const ORDER_LENGTH: usize = 20;

/// Keeps `ARGV[1] .. ARGV[2]` for `ARGV[3]` milliseconds unless a value of a higher order is there.
/// Numbers of Lua are too small for an order; its digits compare the same.
const PUT: &str = r"
local kept = redis.call('GET', KEYS[1])
if kept then
  local order = string.match(kept, '^' .. string.rep('%d', 20))
  if order and order > ARGV[1] then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2], 'PX', ARGV[3])
return 1
";

impl SharedStore for RedisState {
    fn get(&self, key: StoreKey) -> StoreFuture<Option<Bytes>> {
        let mut get = cmd("GET");
        get.arg(key.as_str());
        let link = self.link().clone();
        Box::pin(async move {
            let value: Option<Bytes> = link.ask(One(get)).await.map_err(failed)?;
            // A value of another form is none of ours.
            Ok(value.and_then(|value| {
                let order = value.get(..ORDER_LENGTH)?;
                let is_ours = order.iter().all(u8::is_ascii_digit);
                is_ours.then(|| value.slice(ORDER_LENGTH..))
            }))
        })
    }

    fn put(&self, key: StoreKey, entry: Bytes, order: u64, lives: Duration) -> StoreFuture<()> {
        let mut put = cmd("EVAL");
        put.arg(PUT).arg(1).arg(key.as_str());
        put.arg(digits(order)).arg(&*entry).arg(milliseconds(lives));
        let link = self.link().clone();
        Box::pin(async move { link.ask(One(put)).await.map_err(failed) })
    }

    fn put_if_absent(&self, key: StoreKey, entry: Bytes, lives: Duration) -> StoreFuture<bool> {
        let mut value = digits(0).into_bytes();
        value.extend_from_slice(&entry);
        let mut put = cmd("SET");
        put.arg(key.as_str()).arg(value);
        put.arg("NX").arg("PX").arg(milliseconds(lives));
        let link = self.link().clone();
        Box::pin(async move {
            let kept: Option<String> = link.ask(One(put)).await.map_err(failed)?;
            Ok(kept.is_some())
        })
    }

    fn remove(&self, key: StoreKey) -> StoreFuture<()> {
        let mut remove = cmd("DEL");
        remove.arg(key.as_str());
        let link = self.link().clone();
        Box::pin(async move { link.ask(One(remove)).await.map_err(failed) })
    }
}

fn digits(order: u64) -> String {
    format!("{order:0ORDER_LENGTH$}")
}

/// At least one, and no more than Redis can add to its time.
fn milliseconds(lives: Duration) -> u64 {
    const LONGEST: u64 = 400 * 24 * 3600 * 1000;
    u64::try_from(lives.as_millis()).map_or(LONGEST, |lives| lives.clamp(1, LONGEST))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what `map_err` hands over"
)]
fn failed(failure: Failure) -> StoreError {
    StoreError::new(failure.to_string())
}
