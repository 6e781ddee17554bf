use std::{sync::Arc, time::Duration};

use redis::{Cmd, FromRedisValue, Pipeline};
use tokio::{runtime::Handle, sync::Mutex, time::timeout};

use crate::{
    address::Address,
    connection::{Connection, Failure},
};

/// A connection that is opened when it is needed, and anew once it has failed. Clones are the same
/// link.
#[derive(Clone)]
pub(crate) struct Link {
    address: Arc<Address>,
    current: Arc<Mutex<Current>>,
}

#[derive(Default)]
struct Current {
    connection: Option<Connection>,
    /// Counts connections, so that nobody gives up one that is newer than what has failed him.
    number: u64,
}

/// What may be asked.
pub(crate) enum Question {
    One(Cmd),
    Several(Pipeline),
}

impl Link {
    /// How long an answer may take, the way there included.
    pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

    pub(crate) fn new(address: &Arc<Address>) -> Self {
        Self {
            address: address.clone(),
            current: Arc::default(),
        }
    }

    /// What Redis answers, after [`PATIENCE`](Self::PATIENCE) at the latest. It goes on by itself when
    /// nobody waits any more, so that a connection that is stuck is noticed.
    pub(crate) async fn ask<T>(&self, question: Question) -> Result<T, Failure>
    where
        T: FromRedisValue + Send + 'static,
    {
        let link = self.clone();
        let Ok(runtime) = Handle::try_current() else {
            return Err(Failure::Refused("there is no tokio runtime".to_owned()));
        };
        let asking = runtime.spawn(async move { link.ask_in_time(&question).await });
        let ended = |_| Failure::Refused("the runtime has ended".to_owned());
        asking.await.map_err(ended)?
    }

    async fn ask_in_time<T: FromRedisValue>(&self, question: &Question) -> Result<T, Failure> {
        let mut used = None;
        let asking = async {
            let (connection, number, is_new) = self.connection().await?;
            used = Some(number);
            let answer = question.put_to(connection).await;
            if is_new || !matches!(answer, Err(Failure::Broken(_))) {
                return answer;
            }
            // It had ended while it was not needed.
            self.give_up(number).await;
            let (connection, number, _) = self.connection().await?;
            used = Some(number);
            question.put_to(connection).await
        };
        let answer = timeout(Self::PATIENCE, asking).await;
        let answer = answer.unwrap_or(Err(Failure::TimedOut(Self::PATIENCE)));
        if let (Err(_), Some(number)) = (&answer, used) {
            // Whoever refuses may be a server that was the master until now.
            self.give_up(number).await;
        }
        answer
    }

    /// A connection, its number, and whether it was opened just now.
    async fn connection(&self) -> Result<(Connection, u64, bool), Failure> {
        let mut current = self.current.lock().await;
        if let Some(connection) = &current.connection {
            return Ok((connection.clone(), current.number, false));
        }
        let connection = Connection::open(&self.address).await?;
        current.connection = Some(connection.clone());
        current.number += 1;
        Ok((connection, current.number, true))
    }

    async fn give_up(&self, number: u64) {
        let mut current = self.current.lock().await;
        if current.number == number {
            current.connection = None;
        }
    }
}

impl Question {
    async fn put_to<T: FromRedisValue>(&self, mut connection: Connection) -> Result<T, Failure> {
        match self {
            Self::One(command) => connection.query(command, Link::PATIENCE).await,
            Self::Several(commands) => connection.query_all(commands, Link::PATIENCE).await,
        }
    }
}
