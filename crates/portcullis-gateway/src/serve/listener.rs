use std::{io, net::SocketAddr, path::PathBuf, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream, UnixListener},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use crate::{config::ListenAddress, forwarded::Peer};

/// Where gateways come in.
pub(super) struct Listener {
    socket: Socket,
    acceptor: Option<TlsAcceptor>,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

/// A connection whose peer is not known yet: a handshake may take its time.
pub(super) enum Arrival {
    Tcp(TcpStream, SocketAddr, Option<TlsAcceptor>),
    Unix(tokio::net::UnixStream),
}

/// A connection, whatever it runs over.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Listener {
    pub(super) async fn bind(
        address: &ListenAddress,
        acceptor: Option<TlsAcceptor>,
    ) -> io::Result<Self> {
        let socket = match address {
            ListenAddress::Tcp(address) => Socket::Tcp(TcpListener::bind(address).await?),
            ListenAddress::Unix(path) => Socket::Unix(bind_unix(path).await?, path.clone()),
        };
        Ok(Self { socket, acceptor })
    }

    pub(super) fn address(&self) -> Option<SocketAddr> {
        match &self.socket {
            Socket::Tcp(listener) => listener.local_addr().ok(),
            Socket::Unix(..) => None,
        }
    }

    /// The next connection. An error of the system's (no more files) passes: it is tried again.
    pub(super) async fn accept(&self) -> Arrival {
        loop {
            let accepted = match &self.socket {
                Socket::Tcp(listener) => listener
                    .accept()
                    .await
                    .map(|(stream, address)| Arrival::Tcp(stream, address, self.acceptor.clone())),
                Socket::Unix(listener, _) => listener
                    .accept()
                    .await
                    .map(|(stream, _)| Arrival::Unix(stream)),
            };
            match accepted {
                Ok(arrival) => return arrival,
                Err(error) => {
                    tracing::warn!("a connection cannot be accepted: {error}");
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}

/// The socket of a process that is gone gives way; that of one that lives does not.
async fn bind_unix(path: &PathBuf) -> io::Result<UnixListener> {
    match UnixListener::bind(path) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            if tokio::net::UnixStream::connect(path).await.is_ok() {
                return Err(error);
            }
            std::fs::remove_file(path)?;
            UnixListener::bind(path)
        }
        bound => bound,
    }
}

impl Arrival {
    /// How long a gateway may take to shake hands.
    const PATIENCE: Duration = Duration::from_secs(10);

    /// Who it is, and the connection; `None` for whoever has no right to one.
    pub(super) async fn identify(self) -> Option<(Peer, Box<dyn Stream>)> {
        match self {
            Self::Unix(stream) => Some((Peer::Socket, Box::new(stream))),
            Self::Tcp(stream, address, None) => {
                // Answers are short: they are not held back to be sent together.
                let _ = stream.set_nodelay(true);
                Some((Peer::Address(address.ip()), Box::new(stream)))
            }
            Self::Tcp(stream, _, Some(acceptor)) => {
                let _ = stream.set_nodelay(true);
                let handshake = timeout(Self::PATIENCE, acceptor.accept(stream)).await;
                match handshake {
                    Ok(Ok(stream)) => Some((Peer::Certified, Box::new(stream))),
                    Ok(Err(error)) => {
                        tracing::debug!("a gateway does not get in: {error}");
                        None
                    }
                    Err(_) => None,
                }
            }
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self {
            // It may be gone already.
            let _ = std::fs::remove_file(path);
        }
    }
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener")
            .field("socket", &self.socket)
            .field("is_tls", &self.acceptor.is_some())
            .finish()
    }
}
