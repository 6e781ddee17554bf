//! A client's end of back-channel logout: keeps the logout tokens that Keycloak posts.

use std::collections::HashMap;

use axum::{Form, Router, extract::State, routing::post};
use tokio::{
    net::TcpListener,
    sync::{
        Mutex,
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    },
    task::JoinHandle,
};

/// A receiver on a loopback port of its own. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct LogoutReceiver {
    url: String,
    tokens: Mutex<UnboundedReceiver<String>>,
    serving: JoinHandle<()>,
}

impl LogoutReceiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/logout", listener.local_addr().unwrap());
        let (sender, tokens) = unbounded_channel();
        let router = Router::new()
            .route("/logout", post(keep))
            .with_state(sender);
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url,
            tokens: Mutex::new(tokens),
            serving,
        }
    }

    /// For the client attribute `backchannel.logout.url`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The next logout token. Keycloak delivers it before the logout call returns.
    pub(crate) async fn token(&self) -> String {
        self.tokens.lock().await.try_recv().expect("a logout token")
    }
}

impl Drop for LogoutReceiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn keep(
    State(sender): State<UnboundedSender<String>>,
    Form(mut form): Form<HashMap<String, String>>,
) {
    let token = form.remove("logout_token").unwrap_or_default();
    // Nobody waits for it any more.
    let _ = sender.send(token);
}
