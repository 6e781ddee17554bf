//! The service behind the guards, and what has become of its streams.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use portcullis::RequireRole;
use portcullis_tonic::{RequestExt, require_active};
use serde::Deserialize;
use tokio::sync::broadcast;
use tokio_stream::{Stream, StreamExt, wrappers::BroadcastStream};
use tonic::{Code, Request, Response, Status, Streaming};

pub(crate) mod proto {
    tonic::include_proto!("shop.v1");

    pub(crate) const INTERFACE: &[u8] = tonic::include_file_descriptor_set!("shop");
}

use proto::{Text, orders_server::Orders};

/// The claims that the service cares for.
#[derive(Debug, Deserialize)]
struct User {
    sub: String,
}

/// A service that notes what it sees.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) events: broadcast::Sender<String>,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    calls: AtomicUsize,
    open: Arc<AtomicUsize>,
    received: Mutex<Vec<String>>,
    input_ended_with: Mutex<Vec<Code>>,
}

impl Shop {
    pub(crate) fn new() -> Self {
        Self {
            events: broadcast::channel(64).0,
            seen: Arc::default(),
        }
    }

    /// How often a method was reached.
    pub(crate) fn calls(&self) -> usize {
        self.seen.calls.load(Ordering::SeqCst)
    }

    /// How many streams of its own are open.
    pub(crate) fn open(&self) -> usize {
        self.seen.open.load(Ordering::SeqCst)
    }

    /// What clients have sent in streams.
    pub(crate) fn received(&self) -> Vec<String> {
        self.seen.received.lock().unwrap().clone()
    }

    /// With which errors the streams of clients have ended.
    pub(crate) fn input_ended_with(&self) -> Vec<Code> {
        self.seen.input_ended_with.lock().unwrap().clone()
    }

    fn reached<M>(&self, request: &Request<M>) -> Result<Response<Text>, Status> {
        self.seen.calls.fetch_add(1, Ordering::SeqCst);
        let user = request.optional_claims::<User>()?;
        Ok(text(
            user.map_or("nobody".to_owned(), |user| user.sub.clone()),
        ))
    }

    fn says(&self, events: broadcast::Receiver<String>) -> Said {
        self.seen.open.fetch_add(1, Ordering::SeqCst);
        let events = BroadcastStream::new(events);
        Said {
            events: Box::pin(events.map_while(Result::ok).map(|text| Ok(Text { text }))),
            open: self.seen.open.clone(),
        }
    }

    fn note(&self, message: &Result<Text, Status>) {
        match message {
            Ok(Text { text }) => self.seen.received.lock().unwrap().push(text.clone()),
            Err(status) => {
                let mut ended = self.seen.input_ended_with.lock().unwrap();
                ended.push(status.code());
            }
        }
    }
}

fn text(text: impl Into<String>) -> Response<Text> {
    Response::new(Text { text: text.into() })
}

/// What the service says, counted for as long as somebody listens.
pub(crate) struct Said {
    events: Pin<Box<dyn Stream<Item = Result<Text, Status>> + Send>>,
    open: Arc<AtomicUsize>,
}

impl Stream for Said {
    type Item = Result<Text, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.events.as_mut().poll_next(cx)
    }
}

impl Drop for Said {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::SeqCst);
    }
}

#[tonic::async_trait]
impl Orders for Shop {
    type WatchStream = Said;
    type ChatStream = Said;
    type FollowStream = Said;

    async fn list(&self, request: Request<Text>) -> Result<Response<Text>, Status> {
        self.reached(&request)
    }

    async fn close(&self, request: Request<Text>) -> Result<Response<Text>, Status> {
        self.reached(&request)
    }

    async fn export(&self, request: Request<Text>) -> Result<Response<Text>, Status> {
        self.reached(&request)
    }

    async fn pay(&self, request: Request<Text>) -> Result<Response<Text>, Status> {
        self.reached(&request)
    }

    async fn refund(&self, request: Request<Text>) -> Result<Response<Text>, Status> {
        require_active(&request).await?;
        request.require(RequireRole::realm("clerk"))?;
        self.reached(&request)
    }

    async fn watch(&self, _: Request<Text>) -> Result<Response<Said>, Status> {
        Ok(Response::new(self.says(self.events.subscribe())))
    }

    async fn import(&self, request: Request<Streaming<Text>>) -> Result<Response<Text>, Status> {
        let mut sent = request.into_inner();
        let mut number = 0;
        while let Some(message) = sent.next().await {
            self.note(&message);
            message?;
            number += 1;
        }
        Ok(text(format!("{number}")))
    }

    async fn chat(&self, request: Request<Streaming<Text>>) -> Result<Response<Said>, Status> {
        let mut heard = request.into_inner();
        let (said, hears) = broadcast::channel(64);
        let shop = self.clone();
        tokio::spawn(async move {
            while let Some(message) = heard.next().await {
                shop.note(&message);
                let Ok(Text { text }) = message else {
                    // It would go on saying things, if anybody listened.
                    return std::future::pending().await;
                };
                let _ = said.send(text);
            }
        });
        Ok(Response::new(self.says(hears)))
    }

    async fn follow(&self, _: Request<Text>) -> Result<Response<Said>, Status> {
        Ok(Response::new(self.says(self.events.subscribe())))
    }

    /// Cares for no token.
    async fn forgotten(&self, _: Request<Text>) -> Result<Response<Text>, Status> {
        self.seen.calls.fetch_add(1, Ordering::SeqCst);
        Ok(text("forgotten"))
    }
}
