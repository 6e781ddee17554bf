//! Where the keys are: a file, in place of the table that a service of yours has for them.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use portcullis::{Clock, SystemClock};

use crate::api_key::ApiKey;

/// Reads the file, and keeps what it has read for those whom it is new enough.
pub(crate) struct KeyStore {
    path: PathBuf,
    newest: Mutex<Option<Snapshot>>,
}

/// What stood in the file.
#[derive(Clone)]
pub(crate) struct Snapshot {
    keys: Arc<HashMap<String, ApiKey>>,
    /// When reading it began: what is older than that is in it.
    pub(crate) began: Instant,
}

impl Snapshot {
    pub(crate) fn find(&self, id: &str) -> Option<&ApiKey> {
        self.keys.get(id)
    }
}

impl KeyStore {
    pub(crate) fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            newest: Mutex::default(),
        }
    }

    /// The keys, read at most `age` ago; zero reads them now.
    pub(crate) async fn snapshot(&self, age: Duration) -> Result<Snapshot, String> {
        // The very clock that the layer holds it against: age is no matter of wall time.
        let now = SystemClock.monotonic();
        let kept = self.newest().clone();
        if let Some(kept) = kept
            && age > now.saturating_duration_since(kept.began)
        {
            return Ok(kept);
        }
        let read = Snapshot {
            keys: Arc::new(read(&self.path).await?),
            began: now,
        };
        let mut newest = self.newest();
        // Another request may have begun later and been quicker.
        if newest.as_ref().is_none_or(|newest| newest.began <= now) {
            *newest = Some(read.clone());
        }
        Ok(read)
    }

    fn newest(&self) -> std::sync::MutexGuard<'_, Option<Snapshot>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The keys of a file, by their ids.
pub(crate) async fn read(path: &Path) -> Result<HashMap<String, ApiKey>, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let json = tokio::fs::read_to_string(path).await;
    let json = json.map_err(|error| failed(&error))?;
    let keys: Vec<ApiKey> = serde_json::from_str(&json).map_err(|error| failed(&error))?;
    Ok(keys.into_iter().map(|key| (key.id.clone(), key)).collect())
}

/// Adds a key to the file, which is replaced in one step: whoever reads it meanwhile reads all of it.
pub(crate) fn add(path: &Path, key: ApiKey) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let mut keys: Vec<ApiKey> = if path.exists() {
        let json = fs::read_to_string(path).map_err(|error| failed(&error))?;
        serde_json::from_str(&json).map_err(|error| failed(&error))?
    } else {
        Vec::new()
    };
    keys.push(key);
    let json = serde_json::to_string_pretty(&keys).map_err(|error| failed(&error))?;
    let written = path.with_extension("new");
    fs::write(&written, json + "\n")
        .and_then(|()| fs::rename(&written, path))
        .map_err(|error| failed(&error))
}
