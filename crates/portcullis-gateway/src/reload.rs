//! The file of rules, read again while the gateway runs.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::HeaderName;

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
    /// What the gateway in front overwrites, by a configuration that was printed from this file.
    owned_headers: BTreeSet<String>,
    gate: Arc<Gate>,
    seen: Mutex<Seen>,
}

/// What stood in the file, `None` where it could not be read.
#[derive(Debug)]
struct Seen {
    /// When it was taken last, good or bad.
    taken: Option<Vec<u8>>,
    /// When it was looked at last, if that was something else.
    changing: Option<Option<Vec<u8>>>,
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
        "{0}: everything but the rules, what `[identity]` says in each header, `[upstreams]`, and `hosts` and `trusted_peers` of `[forward_auth]` is fixed while the gateway runs: start it anew for it"
    )]
    Fixed(String),
    /// It names other identity headers than those that the gateway in front overwrites: a client could
    /// write the ones that it does not know.
    #[error(
        "{0}: `[identity]` names other headers than before: print the proxy's part again (`portcullis-gateway config`), let the proxy take it, and start this server anew"
    )]
    IdentityNames(String),
}

impl RuleFile {
    /// How often it is looked at whether the file has changed.
    pub const PERIOD: Duration = Duration::from_secs(2);

    /// The file that this gate was started with: what stood in it, and the settings that it was
    /// started with.
    #[must_use]
    pub fn new(path: PathBuf, bytes: Vec<u8>, settings: Settings, gate: Arc<Gate>) -> Self {
        let seen = Mutex::new(Seen {
            taken: Some(bytes),
            changing: None,
        });
        Self {
            path,
            settings,
            owned_headers: owned_headers(&gate.policy()),
            gate,
            seen,
        }
    }

    /// Takes what stands in it now, whether it has changed or not. It blocks while the file is read.
    ///
    /// # Errors
    /// When it cannot be used; the rules before it stay, and the log says so.
    pub fn reload(&self) -> Result<(), ReloadError> {
        self.take(fs::read(&self.path))
    }

    /// Takes what stands in it now if it has changed since it was taken last and stays as it is: what
    /// is found for the first time may be half of what somebody is writing, and half of a rule may be
    /// a laxer one. So a change is taken when it is found for the second time. It blocks while the
    /// file is read.
    ///
    /// # Errors
    /// As for [`reload`](Self::reload). A file that stays as bad as it is is told of once.
    pub fn reload_if_changed(&self) -> Result<(), ReloadError> {
        let read = fs::read(&self.path);
        let found = read.as_ref().ok();
        {
            let mut seen = self.seen();
            if found == seen.taken.as_ref() {
                seen.changing = None;
                return Ok(());
            }
            let is_settled = seen.changing.as_ref().map(Option::as_ref) == Some(found);
            if !is_settled {
                seen.changing = Some(found.cloned());
                return Ok(());
            }
        }
        self.take(read)
    }

    fn take(&self, read: std::io::Result<Vec<u8>>) -> Result<(), ReloadError> {
        *self.seen() = Seen {
            taken: read.as_ref().ok().cloned(),
            changing: None,
        };
        let policy = read
            .map_err(|error| ConfigFileError::unread(&error).in_file(&self.path).into())
            .and_then(|bytes| self.policy(&bytes));
        telemetry::reloaded(policy.is_ok());
        match policy {
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

    fn policy(&self, bytes: &[u8]) -> Result<Policy, ReloadError> {
        let Config {
            settings, policy, ..
        } = Config::of_file(&self.path, bytes)?;
        let file = || self.path.display().to_string();
        if settings != self.settings {
            return Err(ReloadError::Fixed(file()));
        }
        if owned_headers(&policy) != self.owned_headers {
            return Err(ReloadError::IdentityNames(file()));
        }
        Ok(policy)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn owned_headers(policy: &Policy) -> BTreeSet<String> {
    let named = |name: HeaderName| name.as_str().to_owned();
    policy.owned_headers().map(named).collect()
}

/// Says which rules refuse each other's requests: nobody asks for that on purpose.
pub(crate) fn warn_of_ambiguities(policy: &Policy) {
    for ambiguity in policy.rules.ambiguities() {
        tracing::warn!("{ambiguity}");
    }
}
