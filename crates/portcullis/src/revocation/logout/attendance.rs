//! Who looks after the logout tokens that wait for keys.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::runtime::Handle;

use super::receiver::Shared;

/// How often it is tried whether the keys can be had.
const PERIOD: Duration = Duration::from_secs(1);

impl Shared {
    /// Judges the tokens that wait, once keys have come, in a task of its own.
    pub(super) fn attend(self: &Arc<Self>) {
        let attendant = Attendant(Arc::downgrade(self));
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move { attendant.wait_for_keys().await });
        }
    }

    /// Judges those who need wait no longer, and lets one of the others cause a fetch, as it might
    /// have when it came.
    async fn judge_parked(self: &Arc<Self>) -> bool {
        let can_tell = |query: &_| self.signatory.can_tell(query);
        let Some(ripe) = self.parked.take(self.clock.now(), can_tell) else {
            return false;
        };
        for token in ripe {
            self.receive_parked(&token.text).await;
        }
        if let Some(first) = self.parked.first()
            && let Ok(jws) = self.signatory.read(&first.text)
        {
            // What comes of it is seen by all who wait.
            let _ = self.signatory.check(&jws, &first.query).await;
        }
        true
    }
}

/// Looks after those who wait, until dropped. It keeps nobody alive.
struct Attendant(Weak<Shared>);

impl Attendant {
    async fn wait_for_keys(&self) {
        let mut landed = 0;
        while let Some(shared) = self.0.upgrade() {
            if !shared.judge_parked().await {
                return;
            }
            let keys = shared.signatory.keys.clone();
            drop(shared);
            let arrival = keys.landed_since(landed);
            if let Ok(number) = tokio::time::timeout(PERIOD, arrival).await {
                landed = number;
            }
        }
    }
}

impl Drop for Attendant {
    fn drop(&mut self) {
        if let Some(shared) = self.0.upgrade() {
            shared.parked.leave();
        }
    }
}
