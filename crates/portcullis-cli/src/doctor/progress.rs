use std::{
    future::Future,
    io::{self, IsTerminal},
    pin::pin,
    time::Duration,
};

/// Says on standard error what is waited for, where that is a terminal and it takes long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progress {
    is_shown: bool,
}

/// Nobody wonders earlier.
const PATIENCE: Duration = Duration::from_secs(1);

impl Progress {
    pub(crate) fn new() -> Self {
        Self {
            is_shown: io::stderr().is_terminal(),
        }
    }

    /// Waits for something.
    pub(crate) async fn during<T>(self, what: &str, work: impl Future<Output = T>) -> T {
        if !self.is_shown {
            return work.await;
        }
        let mut work = pin!(work);
        if let Ok(done) = tokio::time::timeout(PATIENCE, &mut work).await {
            return done;
        }
        eprint!("… {what}");
        let done = work.await;
        // The line is taken back: what stays is the report.
        eprint!("\r\u{1b}[2K");
        done
    }
}
