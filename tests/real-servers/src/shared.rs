//! What the tests of one process share.

use std::{future::Future, pin::Pin, sync::OnceLock};

use tokio::{runtime::Runtime, sync::RwLock};

use crate::{Suite, SuiteError};

/// What takes long to make, such as a server: made by the first test that needs it, on a runtime that outlives
/// every single test. For a `static` of a suite's tests.
#[expect(
    missing_debug_implementations,
    reason = "of what is shared nothing is known"
)]
pub struct Shared<T: 'static> {
    suite: Suite,
    make: fn() -> Making<T>,
    state: OnceLock<Result<State<T>, String>>,
    said: OnceLock<Result<(), String>>,
}

/// How what is shared is made.
pub type Making<T> = Pin<Box<dyn Future<Output = Result<T, SuiteError>>>>;

struct State<T> {
    runtime: Runtime,
    made: Result<T, SuiteError>,
    /// Held for writing by a test that takes a server away, for reading by all others.
    availability: RwLock<()>,
}

impl<T> Shared<T> {
    /// Of this suite, made by this.
    pub const fn new(suite: Suite, make: fn() -> Making<T>) -> Self {
        Self {
            suite,
            make,
            state: OnceLock::new(),
            said: OnceLock::new(),
        }
    }

    /// Runs a test beside others; none where it cannot run here, which is said aloud.
    ///
    /// # Errors
    /// Why what is shared could not be made, or, with `CI=true`, why it cannot run here.
    pub fn run<F: Future<Output = ()>>(
        &'static self,
        test: impl FnOnce(&'static T) -> F,
    ) -> Result<(), String> {
        self.with(|state, shared| {
            state.runtime.block_on(async {
                let _available = state.availability.read().await;
                test(shared).await;
            });
        })
    }

    /// The same while no other test runs.
    ///
    /// # Errors
    /// As for [`run`](Self::run).
    pub fn run_alone<F: Future<Output = ()>>(
        &'static self,
        test: impl FnOnce(&'static T) -> F,
    ) -> Result<(), String> {
        self.with(|state, shared| {
            state.runtime.block_on(async {
                let _alone = state.availability.write().await;
                test(shared).await;
            });
        })
    }

    fn with(&'static self, run: impl FnOnce(&State<T>, &'static T)) -> Result<(), String> {
        let state = self.state.get_or_init(|| {
            let runtime = Runtime::new().map_err(|error| format!("no runtime: {error}"))?;
            let made = runtime.block_on((self.make)());
            Ok(State {
                runtime,
                made,
                availability: RwLock::new(()),
            })
        });
        let state = state.as_ref().map_err(String::clone)?;
        match &state.made {
            Ok(shared) => {
                run(state, shared);
                Ok(())
            }
            Err(SuiteError::Unavailable(reason)) => {
                let said = self.said.get_or_init(|| self.suite.skip(reason));
                said.clone()
            }
            Err(error) => Err(error.to_string()),
        }
    }
}
