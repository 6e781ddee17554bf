use super::EndpointError;
use crate::{config::Config, forwarded::GatewayKind};

/// Nothing is printed for a gateway.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrintError {
    /// The file is for another gateway. One that asks in another way than the file says passes on what
    /// clients write where the other one is believed.
    #[error(
        "`[forward_auth]` says `gateway = \"{}\"`: print `config {}`, or write `gateway = \"{}\"`",
        said.name(), said.name(), asked.name()
    )]
    OtherGateway {
        /// The one that the file names.
        said: GatewayKind,
        /// The one that was to be printed for.
        asked: GatewayKind,
        /// The line that names it, from 1 on.
        line: usize,
    },
    /// Traefik speaks to no Unix socket.
    #[error(
        "Traefik's ForwardAuth asks no Unix socket: let the server listen on an address, or name one with `--address`"
    )]
    UnixSocket,
    /// Where Envoy is to reach the server is no place.
    #[error(transparent)]
    Address(#[from] EndpointError),
}

impl PrintError {
    /// The line of the file that is at fault, from 1 on, where there is one.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::OtherGateway { line, .. } => Some(*line),
            Self::UnixSocket | Self::Address(_) => None,
        }
    }
}

/// Whether what is printed for this gateway goes with a file.
pub(super) fn goes_with(config: &Config, asked: GatewayKind) -> Result<(), PrintError> {
    let said = config.settings.forward_auth.gateway;
    if said == asked {
        return Ok(());
    }
    Err(PrintError::OtherGateway {
        said,
        asked,
        line: config.gateway_line,
    })
}
