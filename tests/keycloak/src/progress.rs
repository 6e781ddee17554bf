//! Lines for the person who waits. They are written to the stream itself, because the test
//! harness keeps what goes through the print macros until a test has failed.

use std::{
    future::Future,
    io::{self, Write},
    pin::pin,
    time::Duration,
};

use tokio::time::{Instant, sleep};

/// Below this nobody wonders.
const PATIENCE: Duration = Duration::from_secs(1);
const REMINDER: Duration = Duration::from_secs(10);

/// Writes one line to stderr, at once.
pub fn say(line: &str) {
    // Nobody left to tell: nothing to be done about it.
    let _ = writeln!(io::stderr(), "keycloak: {line}");
}

/// Waits for `work`; once it has taken a second, says what is going on, and how long it took.
pub async fn during<T>(what: &str, work: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let mut work = pin!(work);
    let mut wait = PATIENCE;
    loop {
        tokio::select! {
            biased;
            done = &mut work => {
                if begun.elapsed() >= PATIENCE {
                    say(&format!("{what}: {:.1} s", begun.elapsed().as_secs_f64()));
                }
                return done;
            }
            () = sleep(wait) => {
                if wait == PATIENCE {
                    say(&format!("{what} ..."));
                } else {
                    say(&format!("{what} ... {} s so far", begun.elapsed().as_secs()));
                }
                wait = REMINDER;
            }
        }
    }
}
