//! A second server that follows the first, and what goes wrong when it takes the first one's
//! place: it holds what had reached it, and nothing says what had not.

use std::{collections::HashMap, time::Duration};

use redis::cmd;

use crate::{RedisServer, SuiteError, until};

const IN_STEP_LIMIT: Duration = Duration::from_secs(20);

/// Nobody listens there.
const NOWHERE: u16 = 1;

impl RedisServer {
    /// Starts a replica with the master's settings and waits until it holds what the master holds.
    ///
    /// # Errors
    /// When it does not come up or does not catch up; the error has the end of its log.
    pub async fn start_replica_of(master: &Self) -> Result<Self, SuiteError> {
        let mut configuration = master.configuration.clone();
        configuration.set_replica_of(Some(master.port));
        let replica = Self::start(configuration).await?;
        replica.wait_for_master(master).await?;
        Ok(replica)
    }

    /// Waits until a replica holds everything that `master` was told so far.
    ///
    /// # Errors
    /// When it does not catch up, for example because it is
    /// [held back](Self::pause_replication), or one of both cannot be reached.
    pub async fn wait_for_master(&self, master: &Self) -> Result<(), SuiteError> {
        let goal = master.replication("master_repl_offset").await?;
        let reached = until(
            "a replica that holds what its master holds",
            IN_STEP_LIMIT,
            async || {
                let info = self.replication_info().await?;
                let is_linked = info.get("master_link_status").map(String::as_str) == Some("up");
                let offset = offset(&info, "slave_repl_offset");
                Ok((is_linked && offset >= goal).then_some(()))
            },
        );
        reached.await
    }

    /// Cuts a replica off: it goes on with what it holds and learns nothing more.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn pause_replication(&self) -> Result<(), SuiteError> {
        // Freezing it instead would leave writes in its socket, and it would find them on thawing.
        self.follow(NOWHERE).await
    }

    /// Lets a replica that was cut off follow its master again.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn resume_replication(&self) -> Result<(), SuiteError> {
        match self.configuration.master() {
            Some(port) => self.follow(port).await,
            None => Ok(()),
        }
    }

    /// Makes a replica a master, on its own port, with what it holds.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn promote(&mut self) -> Result<(), SuiteError> {
        self.run::<()>(cmd("REPLICAOF").arg("NO").arg("ONE"))
            .await?;
        self.configuration.set_replica_of(None);
        Ok(())
    }

    /// A failover: kills `master`, makes this server the master with what it holds, and lets it
    /// listen where `master` did, so that its clients find it under the address they know.
    ///
    /// # Errors
    /// When it cannot be reached, or the port is taken.
    pub async fn take_over(&mut self, mut master: Self) -> Result<(), SuiteError> {
        master.kill();
        self.promote().await?;
        let port = master.port;
        self.run::<()>(cmd("CONFIG").arg("SET").arg("port").arg(port))
            .await?;
        self.port = port;
        Ok(())
    }

    async fn follow(&self, port: u16) -> Result<(), SuiteError> {
        self.run(cmd("REPLICAOF").arg("127.0.0.1").arg(port)).await
    }

    async fn replication(&self, name: &str) -> Result<u64, SuiteError> {
        Ok(offset(&self.replication_info().await?, name))
    }

    async fn replication_info(&self) -> Result<HashMap<String, String>, SuiteError> {
        let info: String = self.run(cmd("INFO").arg("replication")).await?;
        let members = info.lines().filter_map(|line| line.split_once(':'));
        Ok(members
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect())
    }
}

fn offset(info: &HashMap<String, String>, name: &str) -> u64 {
    let value = info.get(name);
    value.and_then(|value| value.parse().ok()).unwrap_or(0)
}
