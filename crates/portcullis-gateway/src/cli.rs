use std::{
    error::Error,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use clap::{Parser, Subcommand};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use portcullis::telemetry::{CALL_DURATION, CALL_DURATION_BUCKETS, describe};
use portcullis_gateway::{
    Config, Judging, Server,
    printed::{self, Endpoint, EnvoyPlaces, GatewayAddress, NginxPart, PrintError},
};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Judges OAuth 2.0 access tokens for nginx (`auth_request`), Traefik (`ForwardAuth`) and Envoy (`ext_authz`).
#[derive(Parser)]
#[command(name = "portcullis-gateway", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves. SIGHUP reads the rules again, as does any change of the file; SIGTERM drains.
    Serve {
        /// The file with the settings and the rules.
        file: PathBuf,
    },
    /// Says whether a file can be used, and which rules contradict each other.
    Check {
        /// The file.
        file: PathBuf,
    },
    /// Prints the gateway's part of the configuration.
    Config {
        #[command(subcommand)]
        gateway: Gateway,
    },
}

#[derive(Subcommand)]
enum Gateway {
    /// For nginx, in parts: for `http`, for `server`, for each `location` that is guarded, and for each
    /// such one with `grpc_pass`.
    Nginx {
        /// The file with the settings and the rules.
        file: PathBuf,
        /// One part alone, to be included.
        #[arg(long)]
        part: Option<NginxPart>,
        /// Where nginx reaches this server, if not where it listens.
        #[arg(long)]
        address: Option<String>,
    },
    /// For Envoy: a bootstrap that runs as it is.
    Envoy {
        /// The file with the settings and the rules.
        file: PathBuf,
        /// Where clients come in.
        #[arg(long, default_value = "0.0.0.0:8080")]
        listen: SocketAddr,
        /// What is guarded: a host and a port.
        #[arg(long, default_value = "127.0.0.1:8000")]
        upstream: Endpoint,
        /// Where Envoy reaches this server, if not where it listens.
        #[arg(long)]
        address: Option<String>,
    },
    /// For Traefik: dynamic configuration (file provider).
    Traefik {
        /// The file with the settings and the rules.
        file: PathBuf,
        /// Where Traefik reaches this server, if not where it listens.
        #[arg(long)]
        address: Option<String>,
    },
}

impl Arguments {
    pub(crate) async fn run(self) -> Result<(), Box<dyn Error>> {
        match self.command {
            Command::Serve { file } => serve(file).await,
            Command::Check { file } => check(&file),
            Command::Config { gateway } => print(gateway),
        }
    }
}

/// To standard error; `info` unless `RUST_LOG` says otherwise.
pub(crate) fn log() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}

async fn serve(file: PathBuf) -> Result<(), Box<dyn Error>> {
    // Before anything is made that counts.
    let numbers = PrometheusBuilder::new()
        .set_buckets_for_metric(
            Matcher::Full(CALL_DURATION.to_owned()),
            CALL_DURATION_BUCKETS,
        )?
        .install_recorder()?;
    describe();
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let server = Server::bind(file).await?;
    for (what, address) in [
        ("listening", server.address()),
        ("management", server.management_address()),
        ("notices", server.notice_address()),
    ] {
        if let Some(address) = address {
            println!("{what} on {address}");
        }
    }
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    let reload = async || {
        // Without it nobody asks for it in this way any more.
        if hang_up.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    };
    server.run(stop, reload, move || numbers.render()).await;
    Ok(())
}

fn check(file: &Path) -> Result<(), Box<dyn Error>> {
    let config = Config::read(file)?;
    Judging::new(&config.settings)?;
    let ambiguities = config.policy.rules.ambiguities();
    for ambiguity in &ambiguities {
        println!("{}: {ambiguity}", file.display());
    }
    if !ambiguities.is_empty() {
        return Err("some requests are refused because no rule is the narrowest".into());
    }
    println!("{}: {} rules", file.display(), config.policy.rules.len());
    Ok(())
}

fn print(gateway: Gateway) -> Result<(), Box<dyn Error>> {
    let text = match gateway {
        Gateway::Nginx {
            file,
            part,
            address,
        } => print_for(&file, address, |config, address| {
            printed::nginx(config, address, part)
        }),
        Gateway::Envoy {
            file,
            listen,
            upstream,
            address,
        } => print_for(&file, address, |config, address| {
            printed::envoy(config, address, &EnvoyPlaces::new(listen, upstream))
        }),
        Gateway::Traefik { file, address } => print_for(&file, address, printed::traefik),
    }?;
    print!("{text}");
    Ok(())
}

fn print_for(
    file: &Path,
    address: Option<String>,
    printed: impl FnOnce(&Config, &GatewayAddress) -> Result<String, PrintError>,
) -> Result<String, Box<dyn Error>> {
    let config = Config::read(file)?;
    let printed = printed(&config, &GatewayAddress::of(&config, address));
    printed.map_err(|error| match error.line() {
        Some(line) => format!("{}:{line}: {error}", file.display()).into(),
        None => error.into(),
    })
}
