//! News of what is over, by a stream in Redis: who has written what, who lives, and what is missing.
//!
//! ```text
//! publish → Outbox → Appending → stream ┐
//!                                       ├→ Reader → Writers (which numbers, who lives) → sink
//!            own record, each second → hash ┘
//! ```

mod appending;
mod channel;
mod checkpoints;
mod duties;
mod entry;
mod gap;
mod inheritance;
mod inspection;
mod numbers;
mod outbox;
mod presence;
mod ranges;
mod reader;
mod reading;
mod record;
mod stream;
mod upkeep;
mod writer_id;
mod writers;

pub(crate) use self::{channel::Channel, reader::follow, writer_id::WriterId};
