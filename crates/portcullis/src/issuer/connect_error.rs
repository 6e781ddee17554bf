use crate::{ConfigError, http_client::FetchError};

/// The issuer could not be reached, or is not what was configured. The message says which.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct ConnectError(#[from] Problem);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Config(ConfigError),
    #[error("the issuer cannot be used: {0}")]
    Fetch(FetchError),
}

impl From<ConfigError> for ConnectError {
    fn from(error: ConfigError) -> Self {
        Self(Problem::Config(error))
    }
}

impl From<FetchError> for ConnectError {
    fn from(error: FetchError) -> Self {
        Self(Problem::Fetch(error))
    }
}
