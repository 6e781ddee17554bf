use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use http::Request;
use portcullis::{HttpClient, HttpError, HttpFuture, Limits, ReqwestClient};

/// The library's own HTTP client, watched at its introspection calls: how many were under way at
/// once, and what befalls the next of them.
#[derive(Debug, Clone)]
pub struct WatchedClient {
    client: ReqwestClient,
    watch: Arc<Watch>,
}

/// What befalls an introspection call before it reaches the server.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Mishap {
    /// The client panics when it is called.
    PanicAtOnce,
    /// The client's future panics.
    PanicOnTheWay,
    /// The client gives up.
    Error(HttpError),
}

#[derive(Debug, Default)]
struct Watch {
    mishaps: Mutex<VecDeque<Mishap>>,
    calls: AtomicUsize,
    under_way: AtomicUsize,
    most: AtomicUsize,
}

impl WatchedClient {
    /// A client that nothing befalls yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            client: ReqwestClient::new().unwrap(),
            watch: Arc::default(),
        }
    }

    /// Befalls the next introspection call for which nothing is arranged yet.
    pub fn befall(&self, mishap: Mishap) {
        self.watch.mishaps.lock().unwrap().push_back(mishap);
    }

    /// How many introspection calls were made, whatever befell them.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.watch.calls.load(Ordering::SeqCst)
    }

    /// The most introspection calls that were under way at once.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.watch.most.load(Ordering::SeqCst)
    }
}

impl Default for WatchedClient {
    fn default() -> Self {
        Self::new()
    }
}

impl HttpClient for WatchedClient {
    fn send(&self, request: Request<Bytes>, limits: Limits) -> HttpFuture {
        if !request.uri().path().ends_with("/introspect") {
            return self.client.send(request, limits);
        }
        self.watch.calls.fetch_add(1, Ordering::SeqCst);
        let mishap = self.watch.mishaps.lock().unwrap().pop_front();
        match mishap {
            Some(Mishap::PanicAtOnce) => panicked(),
            Some(Mishap::PanicOnTheWay) => Box::pin(async { panicked() }),
            Some(Mishap::Error(error)) => Box::pin(async { Err(error) }),
            None => {
                let call = Call::begin(&self.watch);
                let answer = self.client.send(request, limits);
                Box::pin(async move {
                    let answer = answer.await;
                    drop(call);
                    answer
                })
            }
        }
    }
}

#[expect(clippy::panic, reason = "to panic is what this client is asked to do")]
fn panicked<T>() -> T {
    panic!("the HTTP client has a defect")
}

/// A call under way.
struct Call(Arc<Watch>);

impl Call {
    fn begin(watch: &Arc<Watch>) -> Self {
        let now = watch.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        watch.most.fetch_max(now, Ordering::SeqCst);
        Self(watch.clone())
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}
