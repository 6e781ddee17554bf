use std::{
    collections::HashMap,
    fmt,
    future::{Future, pending},
    time::Duration,
};

use bytes::Bytes;
use portcullis::{SharedStore, StoreFuture, StoreKey};
use tokio::sync::oneshot;

use crate::world::{Shared, World};

/// The store of all instances, over a wire that may be slow. What was sent arrives, whether or not its
/// sender still waits.
#[derive(Debug, Clone)]
pub(crate) struct Store(pub(crate) Shared);

/// What is kept, and what is on its way.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    kept: HashMap<String, Kept>,
    pub(crate) works: Vec<Work>,
}

#[derive(Debug)]
struct Kept {
    entry: Bytes,
    order: u64,
    until: Duration,
}

/// A command that is on its way.
pub(crate) struct Work {
    change: Option<Change>,
    done: oneshot::Sender<()>,
}

type Change = Box<dyn FnOnce(&mut World) + Send>;

impl World {
    /// Lets a command arrive, or get lost.
    pub(crate) fn release_work(&mut self, number: usize, is_lost: bool) {
        let works = self.entries.works.len();
        if works == 0 {
            return;
        }
        let work = self.entries.works.remove(number % works);
        if is_lost {
            return;
        }
        if let Some(change) = work.change {
            change(self);
        }
        // Its sender may wait no longer.
        let _ = work.done.send(());
    }

    fn kept(&self, name: &str) -> Option<&Kept> {
        let now = self.journal.time();
        let kept = self.entries.kept.get(name);
        kept.filter(|kept| kept.until > now)
    }

    fn keep(&mut self, name: String, entry: Bytes, order: u64, lives: Duration) {
        let until = self.journal.time() + lives;
        let kept = Kept {
            entry,
            order,
            until,
        };
        self.entries.kept.insert(name, kept);
    }
}

impl Store {
    /// Waits for a command to be done, where such are slow.
    fn done(&self, change: Option<Change>) -> impl Future<Output = ()> + Send + use<> {
        let mut world = self.0.lock();
        let done = if world.holds_shared {
            let (done, waiting) = oneshot::channel();
            world.entries.works.push(Work { change, done });
            Some(waiting)
        } else {
            if let Some(change) = change {
                change(&mut world);
            }
            None
        };
        async move {
            if let Some(done) = done
                && done.await.is_err()
            {
                pending::<()>().await;
            }
        }
    }
}

impl SharedStore for Store {
    fn get(&self, key: StoreKey) -> StoreFuture<Option<Bytes>> {
        let (done, world) = (self.done(None), self.0.clone());
        Box::pin(async move {
            done.await;
            let world = world.lock();
            Ok(world.kept(key.as_str()).map(|kept| kept.entry.clone()))
        })
    }

    fn put(&self, key: StoreKey, entry: Bytes, order: u64, lives: Duration) -> StoreFuture<()> {
        let done = self.done(Some(Box::new(move |world| {
            let name = key.as_str();
            if world.kept(name).is_none_or(|kept| kept.order <= order) {
                world.keep(name.to_owned(), entry, order, lives);
            }
        })));
        Box::pin(async move {
            done.await;
            Ok(())
        })
    }

    fn put_if_absent(&self, key: StoreKey, entry: Bytes, lives: Duration) -> StoreFuture<bool> {
        let (done, world) = (self.done(None), self.0.clone());
        Box::pin(async move {
            done.await;
            let mut world = world.lock();
            let is_absent = world.kept(key.as_str()).is_none();
            if is_absent {
                world.keep(key.as_str().to_owned(), entry, 0, lives);
            }
            Ok(is_absent)
        })
    }

    fn remove(&self, key: StoreKey) -> StoreFuture<()> {
        let done = self.done(Some(Box::new(move |world| {
            world.entries.kept.remove(key.as_str());
        })));
        Box::pin(async move {
            done.await;
            Ok(())
        })
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Work").finish_non_exhaustive()
    }
}
