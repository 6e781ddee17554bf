//! The main job in one minute: an authorization server, a protected API, and what becomes of
//! tokens good and bad.

mod api;
mod stage;
mod story;
mod teller;

use stage::Stage;

/// What the demo is to do.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Plays the story against itself over HTTP and ends; fails unless every step goes as told.
    #[arg(long)]
    once: bool,
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
    #[error("{failed} of {total} steps did not go as told")]
    Story { failed: usize, total: usize },
}

/// Runs the demo: the story once, or until it is interrupted.
pub(crate) async fn run(arguments: &Arguments) -> Result<(), DemoError> {
    let stage = Stage::set().await?;
    if arguments.once {
        return story::play(&stage).await;
    }
    stage.print_invitation();
    tokio::signal::ctrl_c().await?;
    Ok(())
}
