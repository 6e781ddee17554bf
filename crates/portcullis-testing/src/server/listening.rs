//! The port: reserved, listened on, or reserved again.

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
    phase: Lock<Phase>,
}

#[derive(Debug)]
enum Phase {
    /// Bound and not listening: nobody else gets the port, and clients are refused.
    Reserved(TcpSocket),
    Running(JoinHandle<()>),
    Lost,
}

impl Listening {
    /// Takes a port of the loopback interface; 0 takes a free one.
    pub(crate) fn reserve(port: u16) -> Result<Self, StartError> {
        let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let socket = bind(wanted)?;
        let address = socket.local_addr().map_err(|source| StartError::Listen {
            address: wanted,
            source,
        })?;
        Ok(Self {
            address,
            phase: Lock::new(Phase::Reserved(socket)),
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) async fn start(&self, state: &Arc<State>) -> Result<(), StartError> {
        let mut phase = self.phase.lock();
        let socket = match std::mem::replace(&mut *phase, Phase::Lost) {
            Phase::Reserved(socket) => socket,
            Phase::Lost => bind(self.address)?,
            running @ Phase::Running(_) => {
                *phase = running;
                return Err(StartError::Running);
            }
        };
        let listener = socket
            .listen(BACKLOG)
            .map_err(|source| self.failed(source))?;
        *phase = Phase::Running(tokio::spawn(accept(listener, Arc::clone(state))));
        Ok(())
    }

    pub(crate) async fn stop(&self) -> Result<(), StartError> {
        let phase = std::mem::replace(&mut *self.phase.lock(), Phase::Lost);
        let Phase::Running(accepting) = phase else {
            *self.phase.lock() = phase;
            return Ok(());
        };
        accepting.abort();
        // The port is free once the task is gone; that it was cancelled is what was wanted.
        let _ = accepting.await;
        *self.phase.lock() = Phase::Reserved(bind(self.address)?);
        Ok(())
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
        if let Phase::Running(accepting) = &*self.phase.lock() {
            accepting.abort();
        }
    }
}

fn bind(address: SocketAddr) -> Result<TcpSocket, StartError> {
    let bound = TcpSocket::new_v4().and_then(|socket| {
        // Connections of before the stop linger in TIME_WAIT.
        socket.set_reuseaddr(true)?;
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
