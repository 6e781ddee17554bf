//! Once more, when a connection from the pool has died.

use std::future::Future;

use super::{HttpError, Limits};

/// Why an attempt failed, as far as it matters to the next one.
pub(crate) trait AttemptError {
    /// Whether the connection died before a complete head of an answer came.
    fn is_lost_connection(&self) -> bool;
}

impl AttemptError for HttpError {
    fn is_lost_connection(&self) -> bool {
        matches!(self, Self::ConnectionLost(_))
    }
}

/// Makes an attempt, and one more if the connection died before a complete head of an answer came:
/// a server or a balancer may close an idle connection at any moment (RFC 9112 §9.3.1). Only for
/// requests that change nothing at the server. Never for another failure, and never for an answer,
/// whatever it is. The second attempt may meet another connection of the pool that has died; then
/// that is the end.
///
/// Both attempts share the deadline. Each makes its request anew, so that nothing that may be
/// used once is sent twice.
pub(crate) async fn send_again<T, E: AttemptError, F>(
    limits: Limits,
    mut attempt: impl FnMut(Limits) -> F,
) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    let began = tokio::time::Instant::now();
    let lost = match attempt(limits).await {
        Err(error) if error.is_lost_connection() => error,
        outcome => return outcome,
    };
    let left = limits.deadline.saturating_sub(began.elapsed());
    if left.is_zero() {
        return Err(lost);
    }
    attempt(Limits::new(left, limits.body)).await
}

#[cfg(test)]
mod tests {
    use std::{sync::Mutex, time::Duration};

    use super::*;

    /// What comes of attempts that end like this, and the deadlines they were given.
    async fn outcome(
        deadline: Duration,
        attempts: impl IntoIterator<Item = Result<u8, HttpError>>,
    ) -> (Result<u8, HttpError>, Vec<Duration>) {
        let attempts = Mutex::new(attempts.into_iter());
        let deadlines = Mutex::new(Vec::new());
        let outcome = send_again(Limits::new(deadline, 1024), |limits| {
            deadlines.lock().unwrap().push(limits.deadline);
            let attempt = attempts.lock().unwrap().next().unwrap();
            async move {
                // The clock goes on.
                tokio::task::yield_now().await;
                attempt
            }
        });
        let outcome = outcome.await;
        (outcome, deadlines.into_inner().unwrap())
    }

    fn lost() -> HttpError {
        HttpError::ConnectionLost("reset".to_owned())
    }

    const DEADLINE: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn a_lost_connection_is_tried_once_more_in_the_time_that_is_left() {
        for end in [Ok(7), Err(lost()), Err(HttpError::Timeout)] {
            let (reply, deadlines) = outcome(DEADLINE, [Err(lost()), end.clone()]).await;
            assert_eq!(reply, end);
            let [first, second] = deadlines[..] else {
                panic!("{deadlines:?}");
            };
            assert_eq!(first, DEADLINE);
            assert!(second < first);
        }
        let (reply, deadlines) = outcome(Duration::from_nanos(1), [Err(lost())]).await;
        assert_eq!((reply, deadlines.len()), (Err(lost()), 1));
    }

    #[tokio::test]
    async fn any_other_end_is_the_end() {
        for end in [
            Ok(7),
            Err(HttpError::Timeout),
            Err(HttpError::Unreachable("refused".to_owned())),
            Err(HttpError::Broken("body".to_owned())),
            Err(HttpError::BodyTooLong { limit: 1 }),
        ] {
            let (reply, deadlines) = outcome(DEADLINE, [end.clone()]).await;
            assert_eq!((reply, deadlines.len()), (end, 1));
        }
    }
}
