//! What is logged in this process, on whichever thread.

use std::{
    io,
    sync::{Mutex, Once, PoisonError},
};

use tracing_subscriber::{filter::LevelFilter, fmt};

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Begins to listen, unless that was done before.
pub(crate) fn listen() {
    static BEGUN: Once = Once::new();
    BEGUN.call_once(|| {
        fmt()
            .with_ansi(false)
            .with_max_level(LevelFilter::DEBUG)
            .with_writer(|| Log)
            .init();
    });
}

/// The lines so far that `wanted` picks.
pub(crate) fn logged(wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    String::from_utf8_lossy(&log)
        .lines()
        .filter(|line| wanted(line))
        .map(str::to_owned)
        .collect()
}

struct Log;

impl io::Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        LOG.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
