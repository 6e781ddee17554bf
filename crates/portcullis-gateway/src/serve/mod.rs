//! The listeners: gateways ask at the first, those who run the gateway look after it at the second,
//! and the issuer tells of the end of sessions at the third.

mod aside;
mod connections;
mod ext_authz;
mod forward_auth;
mod listener;
mod phase;
mod places;
mod tls;

use std::{future::Future, io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use axum::Router;
use http::StatusCode;
use portcullis::{Cause, Readiness};
use portcullis_axum::{backchannel_logout_route, management_router};
use tokio::{sync::watch, task::JoinSet};
use tower_http::timeout::TimeoutLayer;

pub use self::tls::TlsError;
use self::{
    aside::Aside, connections::Connections, ext_authz::Grpc, forward_auth::ForwardAuth,
    listener::Listener, phase::Phase, tls::acceptor,
};
use crate::{
    config::{Config, ConfigFileError, ListenAddress, Settings},
    forwarded::Protocol,
    gate::Gate,
    issuer::{Judging, JudgingError},
    reload::{RuleFile, warn_of_ambiguities},
};

/// How long connections are taken after the signal to stop: as long as it takes those who look whether a
/// gateway is ready to look again.
const LINGER: Duration = Duration::from_secs(5);
/// How long connections may go on after the last was taken.
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
    places: usize,
    management: Option<Listener>,
    notices: Option<Listener>,
    linger: Duration,
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
    /// Connections are as many at a time as the process may have files open, with some left for
    /// everything else; its own limit is raised to what is needed and permitted.
    ///
    /// # Errors
    /// When the file cannot be used, or a listener cannot be bound.
    pub async fn bind(file: PathBuf) -> Result<Self, StartError> {
        let read = std::fs::read(&file);
        let bytes = read.map_err(|error| ConfigFileError::unread(&error).in_file(&file))?;
        let Config {
            settings, policy, ..
        } = Config::of_file(&file, &bytes)?;
        let judging = Judging::new(&settings)?;
        let Settings {
            forward_auth,
            management,
            notices,
            ..
        } = &settings;
        let protocol = forward_auth.gateway.protocol();
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
            places: places::for_gateways(),
            management,
            notices,
            linger: LINGER,
        })
    }

    /// How long connections are still taken after the signal to stop, while it is not ready any more: 5
    /// seconds unless set. For as long as whoever sends questions here may not have heard of it.
    #[must_use]
    pub fn linger(mut self, time: Duration) -> Self {
        self.linger = time;
        self
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
        self.management.as_ref().and_then(Listener::address)
    }

    /// Where the issuer tells of the end of sessions.
    #[must_use]
    pub fn notice_address(&self) -> Option<SocketAddr> {
        self.notices.as_ref().and_then(Listener::address)
    }

    /// Serves until `stop` is done; then is not ready and serves on for a moment
    /// ([`linger`](Self::linger)), takes no more connections, and lets those who are there finish for
    /// 20 seconds at the most. `reload` says when the file is to be read again,
    /// which also happens whenever it has changed. `metrics` renders what is counted.
    pub async fn run(
        self,
        stop: impl Future<Output = ()>,
        mut reload: impl AsyncFnMut(),
        metrics: impl Fn() -> String + Clone + Send + Sync + 'static,
    ) {
        let (phases, phase) = watch::channel(Phase::Serving);
        // They answer until everybody else was answered.
        let (_open, open) = watch::channel(Phase::Serving);
        let mut beside = JoinSet::new();
        let mut look_after = |listener, router| {
            let connections = Connections::new(Aside::new(router), places::ASIDE);
            beside.spawn(connections.serve(listener, open.clone()));
        };
        if let Some(listener) = self.management {
            let (judging, phase) = (self.judging.clone(), phase.clone());
            let readiness = move || match *phase.borrow() {
                Phase::Serving => judging.readiness(),
                Phase::Leaving | Phase::Closed => Readiness::NotReady(Vec::<Cause>::new()),
            };
            look_after(listener, management_router(readiness, metrics));
        }
        if let (Some(listener), Some(logout)) = (self.notices, self.judging.logout) {
            let router = Router::new()
                .route("/backchannel-logout", backchannel_logout_route(logout))
                // Anybody may send to it, and slowly.
                .layer(TimeoutLayer::with_status_code(
                    StatusCode::GATEWAY_TIMEOUT,
                    NOTICE_PATIENCE,
                ));
            look_after(listener, router);
        }
        let (gate, listener, places) = (self.gate, self.listener, self.places);
        let serving = async {
            match self.protocol {
                Protocol::ForwardAuth => {
                    let connections = Connections::new(ForwardAuth::new(gate), places);
                    connections.serve(listener, phase).await;
                }
                Protocol::ExtAuthz => {
                    let connections = Connections::new(Grpc::new(gate).await, places);
                    connections.serve(listener, phase).await;
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
            phases.send_replace(Phase::Leaving);
            tokio::time::sleep(self.linger).await;
            phases.send_replace(Phase::Closed);
            tokio::time::sleep(DRAIN).await;
        };
        tokio::select! {
            () = serving => {}
            // Whoever has not finished by then is cut off.
            () = stopping => {}
            () = reloading => {}
        }
        beside.abort_all();
    }
}

async fn bind(table: &'static str, address: SocketAddr) -> Result<Listener, StartError> {
    let address = ListenAddress::Tcp(address);
    let listener = Listener::bind(&address, None).await;
    listener.map_err(|source| unbound(table, &address, source))
}

fn unbound(table: &'static str, address: &ListenAddress, source: io::Error) -> StartError {
    StartError::Listen {
        table,
        address: address.to_string(),
        source,
    }
}
