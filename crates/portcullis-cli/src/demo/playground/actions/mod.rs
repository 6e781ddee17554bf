//! What the page can do, each a POST with JSON.

mod embedded;
mod yours;

use std::{sync::Arc, time::Instant};

use axum::{Json, Router, extract::State, routing::post};
use serde::{Deserialize, Serialize};

use super::{
    Playground,
    authority::{Authority, Ended},
    call::Called,
    protected::Way,
    refusal::Refusal,
    scene::Scene,
};

/// An action that was carried out.
#[derive(Debug, Serialize)]
struct Done {
    /// What was done, in a sentence.
    said: String,
    scene: Scene,
}

/// A call, and when it began.
#[derive(Debug, Serialize)]
struct Made {
    at_ms: f64,
    #[serde(flatten)]
    called: Called,
}

#[derive(Debug, Deserialize)]
struct OfToken {
    token: u64,
}

#[derive(Debug, Deserialize)]
struct OnRoute {
    way: Way,
    token: u64,
}

/// The actions that there are with this authority.
pub(super) fn router(playground: &Arc<Playground>) -> Router {
    let common = Router::new()
        .route("/play/state", post(state))
        .route("/play/call", post(call))
        .route("/play/end-session", post(end_session))
        .route("/play/revoke", post(revoke))
        .with_state(playground.clone());
    common.merge(match &playground.authority {
        Authority::Embedded(server) => embedded::router(playground, server),
        Authority::Yours(server) => yours::router(playground, server),
    })
}

/// What is not an action: the way back from a login.
pub(super) fn callback(playground: &Arc<Playground>) -> Router {
    match &playground.authority {
        Authority::Embedded(_) => Router::new(),
        Authority::Yours(server) => yours::callback(playground, server),
    }
}

impl Playground {
    async fn done(&self, said: impl Into<String>) -> Json<Done> {
        let said = said.into();
        let scene = self.scene().await;
        Json(Done { said, scene })
    }
}

async fn state(State(playground): State<Arc<Playground>>) -> Json<Scene> {
    Json(playground.scene().await)
}

async fn call(
    State(playground): State<Arc<Playground>>,
    Json(asked): Json<OnRoute>,
) -> Result<Json<Made>, Refusal> {
    let token = playground.tokens.of(asked.token)?;
    let (began, called) = playground.caller.call(asked.way, &token.text).await?;
    let at_ms = playground.at(began);
    Ok(Json(Made { at_ms, called }))
}

async fn end_session(
    State(playground): State<Arc<Playground>>,
    Json(asked): Json<OfToken>,
) -> Result<Json<Done>, Refusal> {
    let token = playground.tokens.of(asked.token)?;
    let before = playground.notices.count();
    let ended = playground.authority.end_session(&token).await?;
    token.over.get_or_init(Instant::now);
    // Servers tell of an end before they answer.
    let was_told = playground.notices.count() > before;
    let said = match ended {
        Ended::Before => "the session was over already",
        Ended::Now if was_told => "the session has ended, and the hybrid route was told",
        Ended::Now => {
            "the session has ended, but no notice has come to the hybrid route: the server may not reach \
             its back-channel logout URL, or not have it"
        }
    };
    Ok(playground.done(said).await)
}

async fn revoke(
    State(playground): State<Arc<Playground>>,
    Json(asked): Json<OfToken>,
) -> Result<Json<Done>, Refusal> {
    let token = playground.tokens.of(asked.token)?;
    let said = playground.authority.revoke(&token).await?;
    token.over.get_or_init(Instant::now);
    Ok(playground.done(said).await)
}
