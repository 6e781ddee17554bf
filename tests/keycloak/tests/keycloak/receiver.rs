//! A client's end of everything that Keycloak sends by itself: keeps each message, and answers as
//! the test says.

use std::{
    fmt,
    future::Future,
    iter,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
};
use portcullis_keycloak_suite::{header_of, payload_of};
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::{
        Mutex as AsyncMutex,
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    },
    task::JoinHandle,
    time::{sleep, timeout},
};
use url::form_urlencoded;

use crate::environment::SOON;

/// A receiver on a loopback port of its own. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Receiver {
    base_url: String,
    messages: AsyncMutex<UnboundedReceiver<Message>>,
    manner: Arc<Mutex<Manner>>,
    serving: JoinHandle<()>,
}

/// One request that Keycloak sent.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    body: String,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, messages) = unbounded_channel();
        let manner = Arc::new(Mutex::new(Manner::default()));
        let router = Router::new()
            .fallback(keep)
            .with_state((sender, Arc::clone(&manner)));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            base_url,
            messages: AsyncMutex::new(messages),
            manner,
            serving,
        }
    }

    /// For the client attribute `backchannel.logout.url`.
    pub(crate) fn logout_url(&self) -> String {
        format!("{}/logout", self.base_url)
    }

    /// For the client's `adminUrl`: `/k_push_not_before` and `/k_logout` come below it.
    pub(crate) fn admin_url(&self) -> String {
        format!("{}/admin", self.base_url)
    }

    /// Where security events are pushed to.
    pub(crate) fn events_url(&self) -> String {
        format!("{}/events", self.base_url)
    }

    /// What it answers from now on, instead of 200.
    pub(crate) fn answer(&self, status: StatusCode) {
        self.manner().status = status;
    }

    /// How long it takes over each answer from now on.
    pub(crate) fn delay(&self, delay: Duration) {
        drop(self.during(move |_| sleep(delay)));
    }

    /// What it does with each message from now on, before it answers. What comes of it is sent to
    /// the one who gave the order.
    pub(crate) fn during<T, F>(
        &self,
        act: impl Fn(Message) -> F + Send + Sync + 'static,
    ) -> UnboundedReceiver<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let (sender, outcomes) = unbounded_channel();
        let act: Act = Arc::new(move |message| {
            let outcome = act(message);
            let sender = sender.clone();
            Box::pin(async move {
                // A test that does not look at it does not wait for it either.
                let _ = sender.send(outcome.await);
            })
        });
        self.manner().act = Some(act);
        outcomes
    }

    /// The next message, which has come: Keycloak delivers notices before the call that caused
    /// them returns.
    pub(crate) async fn message(&self) -> Message {
        self.messages.lock().await.try_recv().expect("a message")
    }

    /// The next message, which may be under way.
    pub(crate) async fn until_message(&self) -> Message {
        let mut messages = self.messages.lock().await;
        let message = timeout(SOON, messages.recv()).await;
        message.expect("a message in time").expect("a message")
    }

    /// All messages that have come.
    pub(crate) async fn messages(&self) -> Vec<Message> {
        let mut messages = self.messages.lock().await;
        iter::from_fn(|| messages.try_recv().ok()).collect()
    }

    fn manner(&self) -> MutexGuard<'_, Manner> {
        self.manner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Message {
    /// The token that it brought: the member `logout_token` of a form, else all there is.
    pub(crate) fn token(&self) -> String {
        let mut form = form_urlencoded::parse(self.body.as_bytes());
        let token = form.find(|(name, _)| name == "logout_token");
        token.map_or_else(|| self.body.clone(), |(_, token)| token.into_owned())
    }

    pub(crate) fn header(&self) -> Value {
        header_of(&self.token())
    }

    pub(crate) fn claims(&self) -> Value {
        payload_of(&self.token())
    }

    /// A header of the request, empty when it is not there.
    pub(crate) fn http_header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or("")
    }
}

/// How messages are answered.
struct Manner {
    status: StatusCode,
    act: Option<Act>,
}

type Act = Arc<dyn Fn(Message) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

impl Default for Manner {
    fn default() -> Self {
        Self {
            status: StatusCode::OK,
            act: None,
        }
    }
}

impl fmt::Debug for Manner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manner")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

async fn keep(
    State((sender, manner)): State<(UnboundedSender<Message>, Arc<Mutex<Manner>>)>,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> StatusCode {
    let message = Message {
        path: uri.path().to_owned(),
        headers,
        body,
    };
    // Before the test hears of the message and gives another order.
    let (status, act) = {
        let manner = manner.lock().unwrap_or_else(PoisonError::into_inner);
        (manner.status, manner.act.clone())
    };
    // Nobody waits for it any more.
    let _ = sender.send(message.clone());
    if let Some(act) = act {
        act(message).await;
    }
    status
}
