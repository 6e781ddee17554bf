//! Where the keys are: a file, in place of the table that a service of yours has for them.

use std::{
    collections::HashMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use portcullis::Clock;
use tempfile::NamedTempFile;

use crate::api_key::ApiKey;

/// How long a file that cannot be read is not read again: whoever has no key could make it be read with
/// each request.
const FAILED: Duration = Duration::from_secs(1);

/// Reads the file, one reader at a time, and keeps what has come of it for those whom it is new enough.
pub(crate) struct KeyStore {
    path: PathBuf,
    clock: Arc<dyn Clock>,
    newest: Mutex<Option<Reading>>,
    turn: tokio::sync::Mutex<()>,
}

/// What has come of reading the file, and when that began.
#[derive(Clone)]
struct Reading {
    began: Instant,
    keys: Result<Arc<HashMap<String, ApiKey>>, String>,
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
    /// `clock` is the one that the layer holds answers against: age is no matter of wall time.
    pub(crate) fn at(path: impl Into<PathBuf>, clock: Arc<dyn Clock>) -> Self {
        Self {
            path: path.into(),
            clock,
            newest: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// The keys, read at most `age` ago; zero reads them now.
    ///
    /// # Errors
    /// Why the file cannot be read. It was logged.
    pub(crate) async fn snapshot(&self, age: Duration) -> Result<Snapshot, String> {
        let asked = self.clock.monotonic();
        if let Some(kept) = self.kept(asked, age) {
            return kept.into_snapshot();
        }
        let _turn = self.turn.lock().await;
        // Whoever had the turn has begun after this was asked for, perhaps.
        if let Some(kept) = self.kept(asked, age) {
            return kept.into_snapshot();
        }
        let began = self.clock.monotonic();
        let keys = read(&self.path).await.map(Arc::new);
        let reading = Reading { began, keys };
        let before = self.newest().replace(reading.clone());
        tell(before.as_ref(), &reading);
        reading.into_snapshot()
    }

    /// What was read not long enough ago to read it again.
    fn kept(&self, asked: Instant, age: Duration) -> Option<Reading> {
        let newest = self.newest().clone()?;
        let age = if newest.keys.is_ok() { age } else { FAILED };
        (asked.saturating_duration_since(newest.began) <= age).then_some(newest)
    }

    fn newest(&self) -> MutexGuard<'_, Option<Reading>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reading {
    fn into_snapshot(self) -> Result<Snapshot, String> {
        let began = self.began;
        self.keys.map(|keys| Snapshot { keys, began })
    }
}

/// Logs what is not as it was before: once, and not for each request.
fn tell(before: Option<&Reading>, now: &Reading) {
    let was = before.map(|reading| reading.keys.as_ref().err());
    match (was.flatten(), &now.keys) {
        (Some(was), Err(is)) if was == is => {}
        (_, Err(problem)) => tracing::error!("API keys cannot be judged: {problem}"),
        (Some(_), Ok(_)) => tracing::info!("API keys can be judged again"),
        (None, Ok(_)) => {}
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

/// Adds a key to the file, which is replaced in one step: whoever reads it meanwhile reads all of it. It is
/// of whoever calls this, and nobody else's to read (mode 0600).
pub(crate) fn add(path: &Path, key: ApiKey) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let mut keys: Vec<ApiKey> = match fs::read_to_string(path) {
        Ok(json) => serde_json::from_str(&json).map_err(|error| failed(&error))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(failed(&error)),
    };
    keys.push(key);
    let json = serde_json::to_string_pretty(&keys).map_err(|error| failed(&error))?;
    replace(path, &(json + "\n")).map_err(|error| failed(&error))
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    // Under a name that nobody has foreseen, and beside the file, so that it takes its place at once.
    let mut written = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    written.write_all(text.as_bytes())?;
    written.as_file().sync_all()?;
    written.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use portcullis::ManualClock;
    use tempfile::TempDir;
    use tokio::task::JoinSet;

    use super::*;

    const NOW: Duration = Duration::ZERO;

    struct World {
        folder: TempDir,
        clock: ManualClock,
        store: Arc<KeyStore>,
    }

    impl World {
        fn start() -> Self {
            let folder = TempDir::new().unwrap();
            let clock = ManualClock::at(1_700_000_000);
            let path = folder.path().join("keys.json");
            fs::write(&path, "[]").unwrap();
            let store = Arc::new(KeyStore::at(path, Arc::new(clock.clone())));
            Self {
                folder,
                clock,
                store,
            }
        }

        fn write(&self, text: &str) {
            fs::write(self.folder.path().join("keys.json"), text).unwrap();
        }
    }

    #[tokio::test]
    async fn there_is_one_reader_at_a_time_and_the_others_have_what_it_has_read() {
        let world = World::start();
        let mut asking = JoinSet::new();
        for _ in 0..100 {
            let store = world.store.clone();
            asking.spawn(async move { store.snapshot(NOW).await.unwrap().keys });
        }
        let all = asking.join_all().await;
        assert!(all.iter().all(|keys| Arc::ptr_eq(keys, &all[0])));
        // Whoever asks later has to have what is read later.
        world.clock.advance(Duration::from_millis(1));
        let later = world.store.snapshot(NOW).await.unwrap();
        assert!(!Arc::ptr_eq(&later.keys, &all[0]));
        assert_eq!(later.began, world.clock.monotonic());
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_not_tried_again_at_once() {
        let world = World::start();
        world.write("no JSON");
        assert!(world.store.snapshot(NOW).await.is_err());
        world.write("[]");
        for _ in 0..100 {
            world.clock.advance(Duration::from_millis(9));
            assert!(world.store.snapshot(NOW).await.is_err());
        }
        world.clock.advance(Duration::from_millis(101));
        assert!(world.store.snapshot(NOW).await.is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_nobody_elses_to_read() {
        use std::os::unix::fs::{MetadataExt, symlink};

        let folder = TempDir::new().unwrap();
        let path = folder.path().join("keys.json");
        // Whoever knows the folder has left something where the new file could be written first.
        let elsewhere = folder.path().join("elsewhere");
        symlink(&elsewhere, folder.path().join("keys.new")).unwrap();
        for name in ["billing", "shipping"] {
            let (_, key) = ApiKey::issue(name, "orders:read", Duration::from_secs(60)).unwrap();
            add(&path, key).unwrap();
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        }
        assert!(!elsewhere.exists());
        let keys: Vec<ApiKey> = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let names: Vec<_> = keys.iter().map(|key| key.name.as_str()).collect();
        assert_eq!(names, ["billing", "shipping"]);
    }
}
