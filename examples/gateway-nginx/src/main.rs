//! nginx in front of a service that knows nothing of tokens: starts the service, the gateway that judges
//! them, and an nginx that is configured as the gateway prints. They end together.

mod config;
mod gateway;
mod metrics;
mod nginx;
mod service;
mod signal;

use std::{error::Error, net::SocketAddr, process::ExitCode};

use tokio::{
    net::TcpListener,
    task::{JoinError, JoinHandle},
};
use tracing_subscriber::EnvFilter;

use crate::{config::Config, gateway::Gateway, nginx::Nginx};

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let config = Config::of_process()?;
    let stop = signal::stopping()?;
    // Keycloak is not asked for anything yet: this starts while it is still down.
    let gateway = Gateway::bind(&config.folder).await?;
    let printed = gateway.printed()?;
    let management = gateway.management_address();
    let mut gateway = gateway.serve()?;
    let (upstream, mut service) = upstream(&config).await?;
    let mut nginx = Nginx::start(&config, upstream, printed).await?;
    println!("send requests to http://{}", config.listen);
    if let Some(management) = management {
        println!("management on http://{management}");
    }

    let ended = tokio::select! {
        biased;
        () = stop => None,
        status = nginx.ended() => Some(format!("nginx has ended: {status}")),
        end = gateway.ended() => Some(format!("the gateway has ended: {}", told(end))),
        end = &mut service => Some(format!("the service has ended: {}", told(end))),
    };
    // Nobody is left to ask the gateway once nginx has answered everybody.
    nginx.end().await?;
    gateway.end().await;
    ended.map_or(Ok(()), |ended| Err(ended.into()))
}

/// Where the service is: the one that the configuration names, else a stand-in.
async fn upstream(config: &Config) -> Result<(SocketAddr, JoinHandle<()>), Box<dyn Error>> {
    if let Some(upstream) = config.upstream {
        return Ok((upstream, tokio::spawn(std::future::pending())));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let upstream = listener.local_addr()?;
    Ok((upstream, tokio::spawn(service::serve(listener))))
}

fn told(end: Result<(), JoinError>) -> String {
    end.map_or_else(|error| error.to_string(), |()| "by itself".to_owned())
}
