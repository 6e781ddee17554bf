//! The main job in one minute: an authorization server, a protected API, and what becomes of
//! tokens good and bad.

mod api;
mod playground;
mod printed_host;
mod registration;
mod stage;
mod story;
mod teller;
mod yours;

use stage::Stage;
use yours::YourServer;

/// What the demo is to do.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Plays the story against itself over HTTP and ends; fails unless every step goes as told.
    #[arg(long)]
    once: bool,
    /// The port of 127.0.0.1 to listen on; a free one unless given, 7300 with `--issuer`.
    #[arg(long, conflicts_with = "once")]
    port: Option<u16>,
    #[command(flatten)]
    yours: YourServer,
}

/// Why the demo ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    #[error("the authorization server could not be started: {0}")]
    Server(#[from] portcullis_testing::StartError),
    #[error("the API could not be set up: {0}")]
    Issuer(#[from] portcullis::ConnectError),
    #[error("the API could not be set up: {0}")]
    Config(#[from] portcullis::ConfigError),
    #[error("the system refuses: {0}")]
    System(#[from] std::io::Error),
    #[error("a request went wrong: {0}")]
    Request(#[from] reqwest::Error),
    #[error("the metadata of the authorization server cannot be had: {0}")]
    Unreached(#[from] portcullis::HttpError),
    #[error("the metadata of the authorization server cannot be had: it answered {0}")]
    NoMetadata(http::StatusCode),
    #[error("the metadata of the authorization server do not fit: {0}")]
    Metadata(&'static str),
    #[error("the environment variable {0} has no client secret; set it first")]
    NoSecret(String),
    #[error(
        "{0} is neither https nor plain http to a literal loopback address; a server on this machine goes by \
         http://127.0.0.1 and its port, and has to call itself so in its metadata"
    )]
    PlainHttp(String),
    #[error("{failed} of {total} steps did not go as told")]
    Story { failed: usize, total: usize },
}

/// Runs the demo: the story once, or until it is interrupted.
pub(crate) async fn run(arguments: &Arguments) -> Result<(), DemoError> {
    if arguments.once {
        return story::play(&Stage::for_story().await?).await;
    }
    if let Some(server) = arguments.yours.named()? {
        return yours::run(&server, arguments.port).await;
    }
    let stage = Stage::with_page(arguments.port.unwrap_or(0)).await?;
    stage.print_invitation();
    tokio::signal::ctrl_c().await?;
    Ok(())
}
