//! TCP between a client and a server, with faults that are switched while it runs.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
    time::sleep,
};

use crate::Fault;

const CHUNK: usize = 16 * 1024;

/// A port of this machine that leads to a server, through whatever [`Fault`] is set. Dropping it closes
/// the port; connections that there are go on.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    fault: watch::Sender<Fault>,
    met: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl FaultProxy {
    /// In front of the server on this port of 127.0.0.1, without a fault, on the runtime it is called on.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn before(port: u16) -> io::Result<Self> {
        let upstream = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (fault, faults) = watch::channel(Fault::None);
        let met = Arc::<AtomicUsize>::default();
        let way = Way {
            upstream,
            faults,
            met: met.clone(),
        };
        Ok(Self {
            address,
            fault,
            met,
            accepting: tokio::spawn(accept(listener, way)),
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What happens from now on, to connections that there are as well. Begins to
    /// [count](Self::met) anew.
    pub fn set(&self, fault: Fault) {
        self.met.store(0, Ordering::SeqCst);
        self.fault.send_replace(fault);
    }

    /// How often the fault that is set has struck: without that, a test that passes says nothing.
    #[must_use]
    pub fn met(&self) -> usize {
        self.met.load(Ordering::SeqCst)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

#[derive(Debug, Clone)]
struct Way {
    upstream: SocketAddr,
    faults: watch::Receiver<Fault>,
    met: Arc<AtomicUsize>,
}

/// How a connection ends.
enum End {
    Orderly,
    Reset,
    Never,
}

async fn accept(listener: TcpListener, way: Way) {
    loop {
        // One that has gone before it was taken is none.
        if let Ok((client, _)) = listener.accept().await {
            tokio::spawn(way.clone().connection(client));
        }
    }
}

impl Way {
    async fn connection(mut self, mut client: TcpStream) {
        let end = match self.now() {
            Fault::Reset => {
                self.strike();
                End::Reset
            }
            _ => self.pass(&mut client).await,
        };
        match end {
            End::Orderly => {}
            End::Reset => {
                // Where it cannot be said, an orderly end has to do.
                let _ = client.set_zero_linger();
            }
            End::Never => {
                let mut ignored = vec![0; CHUNK];
                while matches!(client.read(&mut ignored).await, Ok(1..)) {}
            }
        }
    }

    /// Carries both directions until one of them ends.
    async fn pass(&mut self, client: &mut TcpStream) -> End {
        let Ok(mut server) = TcpStream::connect(self.upstream).await else {
            return End::Reset;
        };
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let mut faults = self.faults.clone();
        tokio::select! {
            end = self.requests(from_client, to_server) => end,
            end = self.answers(from_server, to_client) => end,
            _ = faults.wait_for(|fault| *fault == Fault::Reset) => {
                self.strike();
                End::Reset
            }
        }
    }

    async fn requests(
        &self,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
    ) -> End {
        let mut buffer = vec![0; CHUNK];
        loop {
            let read = from.read(&mut buffer).await;
            let Some(chunk) = read.ok().and_then(|length| buffer.get(..length)) else {
                return End::Reset;
            };
            if chunk.is_empty() {
                return End::Orderly;
            }
            if self.now() == Fault::HalfOpen {
                self.strike();
                return End::Never;
            }
            if to.write_all(chunk).await.is_err() {
                return End::Reset;
            }
        }
    }

    async fn answers(
        &self,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
    ) -> End {
        let mut buffer = vec![0; CHUNK];
        loop {
            let read = from.read(&mut buffer).await;
            let Some(chunk) = read.ok().and_then(|length| buffer.get_mut(..length)) else {
                return End::Reset;
            };
            if chunk.is_empty() {
                return End::Orderly;
            }
            match self.answer(chunk, &mut to).await {
                Ok(None) => {}
                Ok(Some(end)) => return end,
                Err(_) => return End::Reset,
            }
        }
    }

    /// One piece of an answer; how the connection ends, if it does.
    async fn answer(
        &self,
        chunk: &mut [u8],
        to: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<Option<End>> {
        let fault = self.now();
        if fault != Fault::None {
            self.strike();
        }
        match fault {
            Fault::None => to.write_all(chunk).await?,
            Fault::Delay(delay) => {
                sleep(delay).await;
                to.write_all(chunk).await?;
            }
            Fault::Reset => return Ok(Some(End::Reset)),
            Fault::HalfOpen => return Ok(Some(End::Never)),
            Fault::Garbage => {
                fastrand::fill(chunk);
                to.write_all(chunk).await?;
            }
            Fault::Drip(every) => {
                for byte in chunk {
                    to.write_all(&[*byte]).await?;
                    if self.now() == fault {
                        sleep(every).await;
                    }
                }
            }
            Fault::Cut(after) => {
                to.write_all(chunk.get(..after).unwrap_or(chunk)).await?;
                to.shutdown().await?;
                return Ok(Some(End::Orderly));
            }
        }
        Ok(None)
    }

    fn now(&self) -> Fault {
        *self.faults.borrow()
    }

    fn strike(&self) {
        self.met.fetch_add(1, Ordering::SeqCst);
    }
}
