//! Brings what is in the outbox into the stream, in order, however long that takes.

use std::{sync::Arc, time::Duration};

use redis::pipe;
use tokio::{runtime::Handle, time::sleep};

use super::Channel;
use crate::{connection::Failure, link::Question::Several};

/// How many entries are written in one go.
const BATCH: usize = 256;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The field of an entry.
pub(super) const FIELD: &str = "entry";

impl Channel {
    /// Has somebody write what waits, unless somebody does or there is no tokio runtime.
    pub(super) fn attend(self: &Arc<Self>) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let mut outbox = self.outbox();
        if outbox.is_empty() || std::mem::replace(&mut outbox.is_attended, true) {
            return;
        }
        drop(outbox);
        let attendance = Attendance(Some(self.clone()));
        runtime.spawn(attendance.write_all());
    }

    /// One batch: all of it is in the stream, or none.
    async fn write(&self, batch: &[bytes::Bytes], last: u64) -> Result<(), Failure> {
        let mut commands = pipe();
        commands.atomic();
        for sealed in batch {
            commands.cmd("XADD").arg(&self.stream).arg("*");
            commands.arg(FIELD).arg(&**sealed).ignore();
        }
        let mut standing = self.standing.lock().await;
        if let Some(record) = self.record(&mut standing, last) {
            self.add_record(&mut commands, &record);
        }
        self.link.ask::<()>(Several(commands)).await
    }
}

/// Who writes. Should its runtime end, the next who has something to tell takes over.
struct Attendance(Option<Arc<Channel>>);

impl Attendance {
    async fn write_all(mut self) {
        let mut pause = FIRST_PAUSE;
        while let Some(channel) = &self.0 {
            let (batch, last) = {
                let mut outbox = channel.outbox();
                let (batch, last) = outbox.waiting(BATCH);
                outbox.is_attended = !batch.is_empty();
                (batch, last)
            };
            if batch.is_empty() {
                self.0 = None;
                return;
            }
            match channel.write(&batch, last).await {
                Ok(()) => {
                    channel.outbox().confirm(last);
                    pause = FIRST_PAUSE;
                }
                Err(failure) => {
                    if pause == FIRST_PAUSE {
                        let issuer = &*channel.issuer;
                        tracing::warn!(target: "portcullis::revocation", issuer, "news waits to be told to the other instances: {failure}");
                    }
                    sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        if let Some(channel) = &self.0 {
            channel.outbox().is_attended = false;
        }
    }
}
