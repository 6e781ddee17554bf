//! What is done to an authorization server of one's own.

use std::sync::Arc;

use axum::{Json, Router, extract::State, routing::post};
use serde::Deserialize;

use super::{
    super::{Playground, authority::Embedded, refusal::Refusal, tokens::Kind},
    Done,
};

#[derive(Debug, Clone)]
struct Stage {
    playground: Arc<Playground>,
    server: Arc<Embedded>,
}

#[derive(Debug, Deserialize)]
struct OfKind {
    kind: Kind,
}

pub(super) fn router(playground: &Arc<Playground>, server: &Arc<Embedded>) -> Router {
    Router::new()
        .route("/play/issue", post(issue))
        .route("/play/rotate", post(rotate))
        .route("/play/stop", post(stop))
        .route("/play/start", post(start))
        .with_state(Stage {
            playground: playground.clone(),
            server: server.clone(),
        })
}

async fn issue(
    State(stage): State<Stage>,
    Json(asked): Json<OfKind>,
) -> Result<Json<Done>, Refusal> {
    let token = stage.server.issue(asked.kind).await?;
    let said = format!("{} has logged in and has a new token", token.user);
    stage.playground.tokens.keep(token);
    Ok(stage.playground.done(said).await)
}

async fn rotate(State(stage): State<Stage>) -> Result<Json<Done>, Refusal> {
    let said = stage.server.rotate().await?;
    Ok(stage.playground.done(said).await)
}

async fn stop(State(stage): State<Stage>) -> Result<Json<Done>, Refusal> {
    let said = stage.server.stop().await?;
    Ok(stage.playground.done(said).await)
}

async fn start(State(stage): State<Stage>) -> Result<Json<Done>, Refusal> {
    let said = stage.server.start().await?;
    Ok(stage.playground.done(said).await)
}
