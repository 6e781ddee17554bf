//! How the service stops: it says so and serves on, until those who send requests have heard of it.

use std::{io, time::Duration};

use portcullis::Readiness;
use tokio::sync::watch;

/// How far the service is on its way to its end. Clones tell the same.
#[derive(Debug, Clone)]
pub(crate) struct Stop(watch::Receiver<Phase>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Serving,
    /// It says that it is not ready, and serves as before.
    Leaving,
    /// It accepts nobody any more.
    Closed,
}

impl Stop {
    /// Stops on SIGTERM: at once it is not ready, and `linger` later it is closed. `linger` has to be
    /// longer than it takes whoever asks for the readiness to ask again.
    ///
    /// # Errors
    /// When the operating system tells of no signals.
    pub(crate) fn on_signal(linger: Duration) -> io::Result<Self> {
        let (tell, phase) = watch::channel(Phase::Serving);
        let signal = signal(linger)?;
        tokio::spawn(async move {
            let linger = signal.await;
            tell.send_replace(Phase::Leaving);
            tokio::time::sleep(linger).await;
            tell.send_replace(Phase::Closed);
        });
        Ok(Self(phase))
    }

    /// What to tell whoever asks whether the service is ready: this, as long as it does not stop.
    pub(crate) fn readiness(&self, readiness: Readiness) -> Readiness {
        match *self.0.borrow() {
            Phase::Serving => readiness,
            Phase::Leaving | Phase::Closed => Readiness::NotReady(Vec::new()),
        }
    }

    /// Waits until nobody is to be accepted any more.
    pub(crate) async fn closed(mut self) {
        // Whoever tells goes away after the last phase and not before.
        let _ = self.0.wait_for(|phase| *phase == Phase::Closed).await;
    }
}

/// Waits for a signal, which ends nothing by itself from now on; how long to linger. Whoever presses
/// Ctrl-C sits before it and waits.
#[cfg(unix)]
fn signal(linger: Duration) -> io::Result<impl Future<Output = Duration>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => linger,
            _ = interrupt.recv() => Duration::ZERO,
        }
    })
}

/// Waits for Ctrl-C, which ends nothing by itself from now on; how long to linger.
#[cfg(windows)]
fn signal(_: Duration) -> io::Result<impl Future<Output = Duration>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
        Duration::ZERO
    })
}
