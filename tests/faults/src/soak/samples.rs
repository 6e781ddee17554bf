use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::{task::JoinHandle, time::sleep};

use super::{report::Resources, scene::Scene};

const EVERY: Duration = Duration::from_secs(5);

/// What the told replica holds at one moment, in seconds since the load began.
pub(super) type Sample = (f64, Resources);

/// What it holds as time goes by.
#[derive(Debug)]
pub(super) struct Samples {
    begun: Instant,
    taken: Arc<Mutex<Vec<Sample>>>,
    taking: JoinHandle<()>,
}

impl Samples {
    pub(super) fn begin(scene: &Arc<Scene>) -> Self {
        let begun = Instant::now();
        let taken = Arc::<Mutex<Vec<Sample>>>::default();
        let (scene, samples) = (scene.clone(), taken.clone());
        let taking = tokio::spawn(async move {
            loop {
                sleep(EVERY).await;
                // One that does not come is missing.
                if let Ok(resources) = scene.resources().await {
                    let sample = (begun.elapsed().as_secs_f64(), resources);
                    let mut samples = samples.lock().unwrap_or_else(PoisonError::into_inner);
                    samples.push(sample);
                }
            }
        });
        Self {
            begun,
            taken,
            taking,
        }
    }

    /// Takes no more.
    pub(super) fn end(self) -> Self {
        self.taking.abort();
        self
    }

    pub(super) const fn begun(&self) -> Instant {
        self.begun
    }

    pub(super) fn all(&self) -> Vec<Sample> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.clone()
    }
}
