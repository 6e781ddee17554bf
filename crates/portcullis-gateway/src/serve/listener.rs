use std::{
    fs, io,
    net::{IpAddr, SocketAddr},
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::{Path, PathBuf},
    time::Duration,
};

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
    Unix {
        listener: UnixListener,
        _file: SocketFile,
    },
}

/// The file of a socket, which is removed with it, unless another one has taken its place.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    node: Option<u64>,
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
    /// How long files are waited for to be closed, where there are too many.
    const PAUSE: Duration = Duration::from_millis(500);

    pub(super) async fn bind(
        address: &ListenAddress,
        acceptor: Option<TlsAcceptor>,
    ) -> io::Result<Self> {
        let socket = match address {
            ListenAddress::Tcp(address) => Socket::Tcp(TcpListener::bind(address).await?),
            ListenAddress::Unix(path) => {
                let listener = bind_unix(path).await?;
                Socket::Unix {
                    listener,
                    _file: SocketFile::of(path),
                }
            }
        };
        Ok(Self { socket, acceptor })
    }

    pub(super) fn address(&self) -> Option<SocketAddr> {
        match &self.socket {
            Socket::Tcp(listener) => listener.local_addr().ok(),
            Socket::Unix { .. } => None,
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
                Socket::Unix { listener, .. } => listener
                    .accept()
                    .await
                    .map(|(stream, _)| Arrival::Unix(stream)),
            };
            match accepted {
                Ok(arrival) => return arrival,
                // It was gone before it was there.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    tracing::warn!("a connection cannot be accepted: {error}");
                    sleep(Self::PAUSE).await;
                }
            }
        }
    }
}

/// The socket of a process that is gone gives way; that of one that lives does not.
async fn bind_unix(path: &Path) -> io::Result<UnixListener> {
    match UnixListener::bind(path) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_abandoned(path).await => {
            fs::remove_file(path)?;
            UnixListener::bind(path)
        }
        bound => bound,
    }
}

/// Whether it is a socket that nobody listens at. Nothing else is ours to remove: no file of somebody's,
/// and no socket of one that is too busy to answer, or that we may not open.
async fn is_abandoned(path: &Path) -> bool {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
    is_socket
        && tokio::net::UnixStream::connect(path)
            .await
            .is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

impl SocketFile {
    fn of(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            node: node(path),
        }
    }
}

fn node(path: &Path) -> Option<u64> {
    fs::symlink_metadata(path).ok().map(|found| found.ino())
}

impl Arrival {
    /// Where it comes from, if that is who it is: a socket and a certificate speak for themselves.
    pub(super) fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Tcp(_, address, None) => Some(address.ip()),
            Self::Tcp(_, _, Some(_)) | Self::Unix(_) => None,
        }
    }

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

impl Drop for SocketFile {
    fn drop(&mut self) {
        if self.node.is_some() && node(&self.path) == self.node {
            // It may be gone already.
            let _ = fs::remove_file(&self.path);
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
