use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use portcullis_testing::{AuthorizationServer, Rotation, SigningAlgorithm, StartError};
use tokio::sync::Mutex;

use super::{
    super::{
        refusal::Refusal,
        tokens::{Kind, Session, Token},
    },
    Ended,
};

const USER: &str = "ali";
const LIFETIME: Duration = Duration::from_secs(3600);

/// The authorization server that the demo has started.
#[derive(Debug)]
pub(in super::super) struct Embedded {
    server: Arc<AuthorizationServer>,
    audience: String,
    front_end: String,
    is_running: Mutex<bool>,
}

impl Embedded {
    /// `front_end` is the client that users log in with.
    pub(in super::super) fn new(
        server: &Arc<AuthorizationServer>,
        audience: &str,
        front_end: &str,
    ) -> Self {
        Self {
            server: server.clone(),
            audience: audience.to_owned(),
            front_end: front_end.to_owned(),
            is_running: Mutex::new(true),
        }
    }

    pub(super) fn issuer(&self) -> &str {
        self.server.issuer()
    }

    pub(in super::super) async fn is_running(&self) -> bool {
        *self.is_running.lock().await
    }

    /// Logs a user in: a new session, and its first token.
    pub(in super::super) async fn issue(&self, kind: Kind) -> Result<Token, Refusal> {
        self.must_run().await?;
        let session = self.server.login(USER);
        let token = session
            .token()
            .client(&self.front_end)
            .audience(&self.audience)
            .expires_in(LIFETIME);
        Ok(Token {
            text: match kind {
                Kind::Jwt => token.jwt(),
                Kind::Opaque => token.opaque(),
                Kind::Lightweight => token.lightweight(),
            },
            kind,
            user: USER.to_owned(),
            session: Session::Begun(session.id().to_owned()),
            expires: Instant::now().checked_add(LIFETIME),
            over: OnceLock::new(),
        })
    }

    pub(super) async fn end_session(&self, token: &Token) -> Result<Ended, Refusal> {
        self.must_run().await?;
        let Session::Begun(session) = &token.session else {
            return Err(Refusal::conflict("the token has no session"));
        };
        // The client that the users of the page log in with is told of each end.
        let notices = self.server.log_out(session).await;
        Ok(if notices.is_empty() {
            Ended::Before
        } else {
            Ended::Now
        })
    }

    pub(super) async fn revoke(&self, token: &Token) -> Result<String, Refusal> {
        self.must_run().await?;
        self.server.revoke(&token.text);
        Ok("the token is revoked, and nobody was told".to_owned())
    }

    /// Signs with a new key from now on; the old one stays published.
    pub(in super::super) async fn rotate(&self) -> Result<String, Refusal> {
        self.must_run().await?;
        let server = self.server.clone();
        let made = tokio::task::spawn_blocking(move || {
            server.rotate(SigningAlgorithm::RS256, Rotation::KeepOld);
        });
        made.await.map_err(|_| failed("no key could be made"))?;
        Ok("new tokens are signed with a new key; the old one stays published".to_owned())
    }

    /// Stops listening: whoever calls is refused a connection.
    pub(in super::super) async fn stop(&self) -> Result<String, Refusal> {
        let mut is_running = self.is_running.lock().await;
        self.server.stop().await.map_err(|error| lost(&error))?;
        *is_running = false;
        Ok("the authorization server has stopped".to_owned())
    }

    /// Listens again on the same port, and knows everything that it knew.
    pub(in super::super) async fn start(&self) -> Result<String, Refusal> {
        let mut is_running = self.is_running.lock().await;
        match self.server.restart().await {
            Ok(()) | Err(StartError::Running) => {}
            Err(error) => return Err(lost(&error)),
        }
        *is_running = true;
        Ok("the authorization server is back".to_owned())
    }

    async fn must_run(&self) -> Result<(), Refusal> {
        if self.is_running().await {
            return Ok(());
        }
        Err(Refusal::conflict(
            "the authorization server has stopped; start it first",
        ))
    }
}

fn lost(error: &StartError) -> Refusal {
    failed(&format!("the server could not do it: {error}"))
}

fn failed(sentence: &str) -> Refusal {
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, sentence)
}
