//! The port: reserved for as long as the server is there, and listened on while it runs.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    task::{JoinHandle, JoinSet},
};

use super::State;
use crate::{error::StartError, lock::Lock, wire};

/// Connections that may wait to be accepted: thousands arrive at once in a load test.
const BACKLOG: u32 = 16_384;

/// How long the loop rests when the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

#[derive(Debug)]
pub(crate) struct Listening {
    address: SocketAddr,
    /// Bound, and never listening: nobody else gets the port, also between two runs, and clients are
    /// refused while nothing else listens there.
    _reserved: TcpSocket,
    running: Lock<Option<JoinHandle<()>>>,
}

impl Listening {
    /// Takes a port of the loopback interface; 0 takes a free one.
    pub(crate) fn reserve(port: u16) -> Result<Self, StartError> {
        let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if port != 0 {
            // A port that is shared could be had twice.
            drop(bind(wanted, Sharing::Alone)?);
        }
        let socket = bind(wanted, Sharing::WithListener)?;
        let address = socket.local_addr().map_err(|source| StartError::Listen {
            address: wanted,
            source,
        })?;
        Ok(Self {
            address,
            _reserved: socket,
            running: Lock::new(None),
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) async fn start(&self, state: &Arc<State>) -> Result<(), StartError> {
        let mut running = self.running.lock();
        if running.is_some() {
            return Err(StartError::Running);
        }
        let listener = bind(self.address, Sharing::WithListener)?
            .listen(BACKLOG)
            .map_err(|source| self.failed(source))?;
        *running = Some(tokio::spawn(accept(listener, Arc::clone(state))));
        Ok(())
    }

    pub(crate) async fn stop(&self) {
        let running = self.running.lock().take();
        if let Some(accepting) = running {
            accepting.abort();
            // Nobody listens once the task is gone; that it was cancelled is what was wanted.
            let _ = accepting.await;
        }
    }

    fn failed(&self, source: std::io::Error) -> StartError {
        StartError::Listen {
            address: self.address,
            source,
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(accepting) = &*self.running.lock() {
            accepting.abort();
        }
    }
}

/// Whether others of this user may have the port as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sharing {
    Alone,
    /// Whoever listens shares it with whoever has reserved it.
    WithListener,
}

fn bind(address: SocketAddr, sharing: Sharing) -> Result<TcpSocket, StartError> {
    let bound = TcpSocket::new_v4().and_then(|socket| {
        // Connections of before the stop linger in TIME_WAIT.
        socket.set_reuseaddr(true)?;
        #[cfg(unix)]
        socket.set_reuseport(sharing == Sharing::WithListener)?;
        socket.bind(address)?;
        Ok(socket)
    });
    bound.map_err(|source| StartError::Listen { address, source })
}

/// Accepts until aborted; the connections end with the set they are in.
async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    state.count_connection();
                    connections.spawn(converse(stream, Arc::clone(&state)));
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One connection, over TLS where the server speaks it. A client that does not like the
/// certificate, or has a stranger's, goes away here.
async fn converse(stream: TcpStream, state: Arc<State>) {
    let _ = stream.set_nodelay(true);
    match &state.authority {
        None => wire::serve(stream, None, &state).await,
        Some(authority) => {
            if let Ok((stream, certificate)) = authority.accept(stream).await {
                wire::serve(stream, certificate, &state).await;
            }
        }
    }
}
