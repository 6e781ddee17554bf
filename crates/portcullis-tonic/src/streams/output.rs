use std::{
    mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::{runtime::Handle, task::JoinSet};
use tonic::Status;
use tracing::Instrument;

use super::{
    bounds::End,
    direction::{Direction, Kind, Step},
    web::Trailing,
};

/// What a method answers with, until the token is over: then the client is told so where the status
/// of a call stands, and what the method was about to say is dropped.
///
/// Nobody polls it while the client takes nothing (HTTP/2 flow control), which the client may do for as long as
/// it likes. So a task waits for the end of the token beside the reader, and drops the method's stream,
/// and the token, whether anybody reads or not.
pub(super) struct Output {
    slot: Arc<Mutex<Slot>>,
    trailing: Trailing,
    /// It ends with the answer. Without a runtime there is none, and whoever reads sees the end.
    _keeper: Option<JoinSet<()>>,
}

/// What is left to be said.
enum Slot {
    On(Box<Direction>),
    /// The status, which nobody has read yet.
    Over(Box<Status>),
    Done,
}

impl Output {
    pub(super) fn new(mut direction: Direction, trailing: Trailing, cx: &mut Context<'_>) -> Self {
        let is_stream = direction.look_ahead(cx) == Kind::Stream;
        let end = direction.end();
        let slot = Arc::new(Mutex::new(Slot::On(Box::new(direction))));
        let keeper = is_stream.then(|| keeper(end, Arc::downgrade(&slot)));
        Self {
            slot,
            trailing,
            _keeper: keeper.flatten(),
        }
    }
}

/// Waits for the end, and lets go of what is bound to the token.
fn keeper(end: End, slot: Weak<Mutex<Slot>>) -> Option<JoinSet<()>> {
    let runtime = Handle::try_current().ok()?;
    let keeping = async move {
        let rejection = end.await;
        let Some(slot) = slot.upgrade() else {
            return;
        };
        let mut slot = lock(&slot);
        let Slot::On(direction) = &*slot else {
            return;
        };
        let over = Slot::Over(direction.over(rejection));
        let gone = mem::replace(&mut *slot, over);
        drop(slot);
        drop(gone);
    };
    let mut tasks = JoinSet::new();
    tasks.spawn_on(keeping.in_current_span(), &runtime);
    Some(tasks)
}

fn lock(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Body for Output {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let mut slot = lock(&self.slot);
        let step = match &mut *slot {
            Slot::On(direction) => ready!(direction.poll_step(cx)),
            Slot::Over(_) | Slot::Done => Step::Done,
        };
        if let Step::Frame(frame) = step {
            return Poll::Ready(Some(frame));
        }
        let gone = mem::replace(&mut *slot, Slot::Done);
        // What it drops is the method's own.
        drop(slot);
        let ((Step::Over(over), _) | (_, Slot::Over(over))) = (step, gone) else {
            return Poll::Ready(None);
        };
        Poll::Ready(Some(self.trailing.frame(*over)))
    }

    /// Its length is not known: it may be cut off.
    fn is_end_stream(&self) -> bool {
        match &*lock(&self.slot) {
            Slot::On(direction) => direction.is_end_stream(),
            Slot::Over(_) => false,
            Slot::Done => true,
        }
    }
}
