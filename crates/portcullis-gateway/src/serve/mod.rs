//! The listeners: gateways ask at the first, those who run the gateway look after it at the second,
//! and the issuer tells of the end of sessions at the third.

mod connections;
mod ext_authz;
mod forward_auth;
mod listener;
mod tls;

use std::{future::Future, io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use axum::Router;
use http::StatusCode;
use portcullis::{Cause, Readiness};
use portcullis_axum::{backchannel_logout_route, management_router};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};
use tower_http::timeout::TimeoutLayer;

pub use self::tls::TlsError;
use self::{
    connections::Connections, ext_authz::Grpc, forward_auth::ForwardAuth, listener::Listener,
    tls::acceptor,
};
use crate::{
    config::{Config, ConfigFileError, ListenAddress, Settings},
    forwarded::Protocol,
    gate::Gate,
    issuer::{Judging, JudgingError},
    reload::{RuleFile, warn_of_ambiguities},
};

/// How long connections may go on after the signal to stop.
const DRAIN: Duration = Duration::from_secs(20);
/// How long a notice may take.
const NOTICE_PATIENCE: Duration = Duration::from_secs(10);

/// A gateway whose listeners are bound, and that serves nobody yet.
#[derive(Debug)]
pub struct Server {
    protocol: Protocol,
    gate: Arc<Gate>,
    judging: Judging,
    rule_file: Arc<RuleFile>,
    listener: Listener,
    management: Option<TcpListener>,
    notices: Option<TcpListener>,
}

/// A gateway cannot be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] ConfigFileError),
    /// The issuer cannot be described as the file has it.
    #[error("[issuer]: {0}")]
    Judging(#[from] JudgingError),
    /// A place to listen at is taken, or not ours.
    #[error("{table} listen = \"{address}\": {source}")]
    Listen {
        /// The table of the file.
        table: &'static str,
        /// Where.
        address: String,
        /// Why not.
        source: io::Error,
    },
    /// The certificates cannot be used.
    #[error("[forward_auth.tls]: {0}")]
    Tls(#[from] TlsError),
}

impl Server {
    /// Reads the file and binds its listeners. The issuer is not asked for anything: a gateway starts
    /// while it is down, and answers 503 until it is up.
    ///
    /// # Errors
    /// When the file cannot be used, or a listener cannot be bound.
    pub async fn bind(file: PathBuf) -> Result<Self, StartError> {
        let read = std::fs::read(&file);
        let bytes = read.map_err(|error| ConfigFileError::unread(&error).in_file(&file))?;
        let Config { settings, policy } = Config::of_file(&file, &bytes)?;
        let judging = Judging::new(&settings)?;
        let Settings {
            forward_auth,
            management,
            notices,
            ..
        } = &settings;
        let protocol = forward_auth.protocol;
        let tls = forward_auth.tls.as_ref();
        let acceptor = tls.map(|tls| acceptor(tls, protocol)).transpose()?;
        let listener = Listener::bind(&forward_auth.listen, acceptor).await;
        let listener =
            listener.map_err(|source| unbound("[forward_auth]", &forward_auth.listen, source))?;
        let management = match management {
            Some(own) => Some(bind("[management]", own.listen).await?),
            None => None,
        };
        let notices = match notices {
            Some(own) => Some(bind("[notices]", own.listen).await?),
            None => None,
        };
        warn_of_ambiguities(&policy);
        let gate = Arc::new(Gate::new(policy, judging.authenticator.clone()));
        Ok(Self {
            protocol,
            rule_file: Arc::new(RuleFile::new(file, bytes, settings, gate.clone())),
            gate,
            judging,
            listener,
            management,
            notices,
        })
    }

    /// Where gateways ask, with the port that was given where the file says 0; `None` for a Unix
    /// socket.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.address()
    }

    /// Where those who run it look after it.
    #[must_use]
    pub fn management_address(&self) -> Option<SocketAddr> {
        self.management
            .as_ref()
            .and_then(|own| own.local_addr().ok())
    }

    /// Where the issuer tells of the end of sessions.
    #[must_use]
    pub fn notice_address(&self) -> Option<SocketAddr> {
        self.notices.as_ref().and_then(|own| own.local_addr().ok())
    }

    /// Serves until `stop` is done; then takes no new connections, is not ready, and lets those who
    /// are there finish for 20 seconds at the most. `reload` says when the file is to be read again,
    /// which also happens whenever it has changed. `metrics` renders what is counted.
    pub async fn run(
        self,
        stop: impl Future<Output = ()>,
        mut reload: impl AsyncFnMut(),
        metrics: impl Fn() -> String + Clone + Send + Sync + 'static,
    ) {
        let (stopping, stopped) = watch::channel(false);
        let mut beside = JoinSet::new();
        if let Some(listener) = self.management {
            let (judging, stopped) = (self.judging.clone(), stopped.clone());
            let readiness = move || match *stopped.borrow() {
                true => Readiness::NotReady(Vec::<Cause>::new()),
                false => judging.readiness(),
            };
            beside.spawn(serve(listener, management_router(readiness, metrics)));
        }
        if let (Some(listener), Some(logout)) = (self.notices, self.judging.logout) {
            let router = Router::new()
                .route("/backchannel-logout", backchannel_logout_route(logout))
                // Anybody may send to it, and slowly.
                .layer(TimeoutLayer::with_status_code(
                    StatusCode::GATEWAY_TIMEOUT,
                    NOTICE_PATIENCE,
                ));
            beside.spawn(serve(listener, router));
        }
        let (gate, listener) = (self.gate, self.listener);
        let serving = async {
            match self.protocol {
                Protocol::ForwardAuth => {
                    let connections = Connections::new(ForwardAuth::new(gate));
                    connections.serve(listener, stopped).await;
                }
                Protocol::ExtAuthz => {
                    let connections = Connections::new(Grpc::new(gate).await);
                    connections.serve(listener, stopped).await;
                }
            }
        };
        let reloading = async {
            loop {
                let is_asked_for = tokio::select! {
                    () = reload() => true,
                    () = tokio::time::sleep(RuleFile::PERIOD) => false,
                };
                let rule_file = self.rule_file.clone();
                // A file may be far away.
                let reading = tokio::task::spawn_blocking(move || match is_asked_for {
                    true => rule_file.reload(),
                    false => rule_file.reload_if_changed(),
                });
                // What became of it was told.
                let _ = reading.await;
            }
        };
        let stopping = async {
            stop.await;
            tracing::info!("stopping");
            stopping.send_replace(true);
            tokio::time::sleep(DRAIN).await;
        };
        tokio::select! {
            () = serving => {}
            // Whoever has not finished by then is cut off.
            () = stopping => {}
            () = reloading => {}
        }
        // They answer until everybody else was answered.
        beside.abort_all();
    }
}

async fn serve(listener: TcpListener, router: Router) {
    if let Err(error) = axum::serve(listener, router).await {
        tracing::error!("a listener is gone: {error}");
    }
}

async fn bind(table: &'static str, address: SocketAddr) -> Result<TcpListener, StartError> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|source| unbound(table, &ListenAddress::Tcp(address), source))
}

fn unbound(table: &'static str, address: &ListenAddress, source: io::Error) -> StartError {
    StartError::Listen {
        table,
        address: address.to_string(),
        source,
    }
}
