use std::{
    fs,
    future::Future,
    path::Path,
    time::{Duration, Instant},
};

use tokio::time::sleep;

use crate::SuiteError;

const INTERVAL: Duration = Duration::from_millis(20);
const TAIL_LINES: usize = 25;

/// Asks again and again until `probe` has an answer.
///
/// # Errors
/// What the probe reports, or that `limit` passed without an answer.
pub async fn until<T, F>(
    what: &str,
    limit: Duration,
    mut probe: impl FnMut() -> F,
) -> Result<T, SuiteError>
where
    F: Future<Output = Result<Option<T>, SuiteError>>,
{
    let begun = Instant::now();
    loop {
        if let Some(answer) = probe().await? {
            return Ok(answer);
        }
        if begun.elapsed() > limit {
            return Err(SuiteError::TimedOut {
                what: what.to_owned(),
                limit,
                tail: String::new(),
            });
        }
        sleep(INTERVAL).await;
    }
}

/// The last lines of a log, for an error message.
#[must_use]
pub fn tail(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let skipped = lines.len().saturating_sub(TAIL_LINES);
    let last: Vec<&str> = lines.into_iter().skip(skipped).collect();
    format!("{}:\n{}", log.display(), last.join("\n"))
}
