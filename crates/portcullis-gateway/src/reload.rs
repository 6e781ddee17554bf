//! The file of rules, read again while the gateway runs.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::{
    config::{Config, ConfigFileError, Settings},
    gate::{Gate, Policy},
    telemetry,
};

/// A file, and the gate whose rules it says. What it says is taken as a whole or not at all: a file
/// that cannot be used leaves everything as it is.
#[derive(Debug)]
pub struct RuleFile {
    path: PathBuf,
    settings: Settings,
    gate: Arc<Gate>,
    /// What was in it when it was read last, good or bad.
    last_read: Mutex<Option<Vec<u8>>>,
}

/// The rules before it stay.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] ConfigFileError),
    /// It says other settings than those that the gateway was started with.
    #[error(
        "{0}: everything but the rules, `[identity]`, `[upstreams]`, and `gateway` (but for `envoy`), `hosts` and `trusted_peers` of `[forward_auth]` is fixed while the gateway runs: start it anew for it"
    )]
    Fixed(String),
}

impl RuleFile {
    /// How often it is looked at whether the file has changed.
    pub const PERIOD: Duration = Duration::from_secs(2);

    /// The file that this gate was started with, and the settings that it was started with.
    #[must_use]
    pub fn new(path: PathBuf, settings: Settings, gate: Arc<Gate>) -> Self {
        let last_read = Mutex::new(std::fs::read(&path).ok());
        Self {
            path,
            settings,
            gate,
            last_read,
        }
    }

    /// Reads it again, whether it has changed or not.
    ///
    /// # Errors
    /// When it cannot be used; the rules before it stay, and the log says so.
    pub fn reload(&self) -> Result<(), ReloadError> {
        *self.last_read() = std::fs::read(&self.path).ok();
        let read = self.read();
        telemetry::reloaded(read.is_ok());
        match read {
            Ok(policy) => {
                tracing::info!(file = %self.path.display(), rules = policy.rules.len(), "the rules were read again");
                warn_of_ambiguities(&policy);
                self.gate.replace(policy);
                Ok(())
            }
            Err(error) => {
                tracing::error!("the rules before it stay in force: {error}");
                Err(error)
            }
        }
    }

    /// Reads it again if it has changed since it was read last.
    ///
    /// # Errors
    /// As for [`reload`](Self::reload). A file that stays as bad as it is is told of once.
    pub fn reload_if_changed(&self) -> Result<(), ReloadError> {
        let is_as_it_was = std::fs::read(&self.path).ok() == *self.last_read();
        if is_as_it_was { Ok(()) } else { self.reload() }
    }

    fn read(&self) -> Result<Policy, ReloadError> {
        let Config { settings, policy } = Config::read(&self.path)?;
        if settings != self.settings {
            return Err(ReloadError::Fixed(self.path.display().to_string()));
        }
        Ok(policy)
    }

    fn last_read(&self) -> std::sync::MutexGuard<'_, Option<Vec<u8>>> {
        self.last_read
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Says which rules refuse each other's requests: nobody asks for that on purpose.
pub(crate) fn warn_of_ambiguities(policy: &Policy) {
    for ambiguity in policy.rules.ambiguities() {
        tracing::warn!("{ambiguity}");
    }
}
