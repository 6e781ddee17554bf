use http::StatusCode;

use crate::{ConfigError, HttpError, http_client::FetchError};

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

impl ConnectError {
    /// The settings that do not go together, where nothing was fetched for that reason.
    #[must_use]
    pub fn settings(&self) -> Option<&ConfigError> {
        match &self.0 {
            Problem::Config(error) => Some(error),
            Problem::Fetch(_) => None,
        }
    }

    /// The `issuer` that the metadata at the configured address names, where that is not the configured
    /// one, character for character (RFC 8414 §3.3); of a longer one the first 200 characters.
    #[must_use]
    pub fn found_issuer(&self) -> Option<&str> {
        match self.fetch()? {
            FetchError::OtherIssuer { found, .. } => Some(found),
            _ => None,
        }
    }

    /// Why a call brought no answer, where that is what went wrong.
    #[must_use]
    pub fn http_error(&self) -> Option<&HttpError> {
        match self.fetch()? {
            FetchError::Http { error, .. } => Some(error),
            _ => None,
        }
    }

    /// The status of the answer, where that is what was wrong with it.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self.fetch()? {
            FetchError::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    fn fetch(&self) -> Option<&FetchError> {
        match &self.0 {
            Problem::Config(_) => None,
            Problem::Fetch(FetchError::CoolingDown(error)) => Some(error),
            Problem::Fetch(error) => Some(error),
        }
    }
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
