use std::{sync::Arc, time::Duration};

use redis::{Cmd, FromRedisValue, Pipeline, RedisError, aio::MultiplexedConnection};
use tokio::{task::AbortHandle, time::timeout};

use crate::address::Address;

/// One connection; requests of many tasks go over it at the same time. It ends with its last clone,
/// and does not come back once it is broken.
#[derive(Clone)]
pub(crate) struct Connection {
    multiplexed: MultiplexedConnection,
    _driver: Arc<Driver>,
}

/// The task that reads and writes.
struct Driver(AbortHandle);

/// Why Redis does not answer, or not as it should. There is nothing secret in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    #[error("redis has not answered within {0:?}")]
    TimedOut(Duration),
    #[error("redis cannot be reached: {0}")]
    Broken(String),
    #[error("redis cannot be used: {0}")]
    Refused(String),
}

impl Connection {
    /// How long it may take to come about.
    pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

    pub(crate) async fn open(address: &Address) -> Result<Self, Failure> {
        let (multiplexed, driver) = within(Self::PATIENCE, address.connect()).await?;
        Ok(Self {
            multiplexed,
            _driver: Arc::new(Driver(driver)),
        })
    }

    /// One command.
    pub(crate) async fn query<T: FromRedisValue>(
        &mut self,
        command: &Cmd,
        patience: Duration,
    ) -> Result<T, Failure> {
        within(patience, command.query_async(&mut self.multiplexed)).await
    }

    /// Several in one go.
    pub(crate) async fn query_all<T: FromRedisValue>(
        &mut self,
        commands: &Pipeline,
        patience: Duration,
    ) -> Result<T, Failure> {
        within(patience, commands.query_async(&mut self.multiplexed)).await
    }
}

impl From<RedisError> for Failure {
    /// A server's own words may repeat what it was sent, so only its codes are told.
    fn from(error: RedisError) -> Self {
        if error.is_io_error() {
            return Self::Broken(error.to_string());
        }
        let Some(code) = error.code() else {
            return Self::Refused(error.category().to_owned());
        };
        let mut code = code.to_owned();
        code.retain(|letter| letter.is_ascii_alphanumeric());
        code.truncate(32);
        Self::Refused(format!("it says {code}"))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn within<T>(
    patience: Duration,
    answer: impl Future<Output = Result<T, RedisError>>,
) -> Result<T, Failure> {
    match timeout(patience, answer).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Failure::TimedOut(patience)),
    }
}

#[cfg(test)]
mod tests {
    use redis::{ErrorKind, ServerErrorKind, make_extension_error};

    use super::*;

    #[test]
    fn a_failure_repeats_nothing_that_a_server_was_sent() {
        let detail = || "with args beginning with: 'secret'".to_owned();
        for error in [
            make_extension_error("ERR secret\n".to_owned(), Some(detail())),
            RedisError::from((ErrorKind::Parse, "parsing", detail())),
            RedisError::from((ErrorKind::Server(ServerErrorKind::ReadOnly), "no", detail())),
        ] {
            let failure = Failure::from(error).to_string();
            assert!(
                !failure.contains('\n') && !failure.contains("args"),
                "{failure}"
            );
        }
    }
}
