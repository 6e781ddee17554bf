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
        let mut number = None;
        let asking = async {
            let (mut connection, its_number) = self.connection().await?;
            number = Some(its_number);
            match question {
                Question::One(command) => connection.query(command, Self::PATIENCE).await,
                Question::Several(commands) => connection.query_all(commands, Self::PATIENCE).await,
            }
        };
        let answer = timeout(Self::PATIENCE, asking).await;
        let answer = answer.unwrap_or(Err(Failure::TimedOut(Self::PATIENCE)));
        if let (Err(_), Some(number)) = (&answer, number) {
            // Whoever refuses may be a server that was the master until now.
            self.give_up(number).await;
        }
        answer
    }

    async fn connection(&self) -> Result<(Connection, u64), Failure> {
        let mut current = self.current.lock().await;
        if let Some(connection) = &current.connection {
            return Ok((connection.clone(), current.number));
        }
        let connection = Connection::open(&self.address).await?;
        current.connection = Some(connection.clone());
        current.number += 1;
        Ok((connection, current.number))
    }

    async fn give_up(&self, number: u64) {
        let mut current = self.current.lock().await;
        if current.number == number {
            current.connection = None;
        }
    }
}
