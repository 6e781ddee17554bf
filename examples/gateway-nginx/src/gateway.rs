//! The forward-auth server, in this process. In production it is one of its own: `portcullis-gateway serve
//! gateway.toml`.

use std::{error::Error, future::pending, net::SocketAddr, path::Path, time::Duration};

use portcullis_gateway::{
    Config, Server,
    printed::{self, GatewayAddress, NginxPart},
};
use tokio::{
    sync::oneshot,
    task::{JoinError, JoinHandle},
};

use crate::metrics;

/// A gateway that listens and serves nobody yet.
#[derive(Debug)]
pub(crate) struct Gateway {
    config: Config,
    server: Server,
}

/// A gateway that serves.
#[derive(Debug)]
pub(crate) struct Serving {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Gateway {
    /// Reads `gateway.toml` in this folder.
    ///
    /// # Errors
    /// When it cannot be used, or where it wants to listen is taken.
    pub(crate) async fn bind(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let file = folder.join("gateway.toml");
        Ok(Self {
            config: Config::read(&file)?,
            // Whoever asks it is told first that it stops.
            server: Server::bind(file).await?.linger(Duration::ZERO),
        })
    }

    /// Where those who run it look after it.
    pub(crate) fn management_address(&self) -> Option<SocketAddr> {
        self.server.management_address()
    }

    /// nginx' part of the configuration, by the name of the file for it.
    ///
    /// # Errors
    /// When `gateway.toml` is for another gateway than nginx.
    pub(crate) fn printed(&self) -> Result<[(&'static str, String); 3], Box<dyn Error>> {
        let address = self.server.address().map(|address| address.to_string());
        let address = GatewayAddress::of(&self.config, address);
        let part = |part| printed::nginx(&self.config, &address, Some(part));
        Ok([
            ("http.conf", part(NginxPart::Http)?),
            ("server.conf", part(NginxPart::Server)?),
            ("location.conf", part(NginxPart::Location)?),
        ])
    }

    /// Serves until it is told to end. The rules are read again whenever the file changes.
    ///
    /// # Errors
    /// When nothing can be counted in this process.
    pub(crate) fn serve(self) -> Result<Serving, Box<dyn Error>> {
        let numbers = metrics::install()?;
        let (stop, is_stopped) = oneshot::channel();
        let stopped = async {
            // It is told, or nobody is left to tell it.
            let _ = is_stopped.await;
        };
        let serving = self.server.run(stopped, pending, move || numbers.render());
        Ok(Serving {
            stop,
            task: tokio::spawn(serving),
        })
    }
}

impl Serving {
    /// Waits until it has ended.
    pub(crate) async fn ended(&mut self) -> Result<(), JoinError> {
        (&mut self.task).await
    }

    /// Ends it, once everybody who has asked was answered.
    pub(crate) async fn end(self) {
        if !self.task.is_finished() {
            // It may end in this very moment.
            let _ = self.stop.send(());
            let _ = self.task.await;
        }
    }
}
