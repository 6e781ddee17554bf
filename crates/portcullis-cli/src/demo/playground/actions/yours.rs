//! What is done with an authorization server of somebody else's: a login in the browser.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Query, State},
    response::Redirect,
    routing::{get, post},
};
use serde::Serialize;

use super::super::{
    Playground,
    authority::{Answer, Next, Yours},
    refusal::Refusal,
};

#[derive(Debug, Clone)]
struct Stage {
    playground: Arc<Playground>,
    server: Arc<Yours>,
}

/// Where the browser is to go.
#[derive(Debug, Serialize)]
struct Away {
    url: String,
}

pub(super) fn router(playground: &Arc<Playground>, server: &Arc<Yours>) -> Router {
    Router::new()
        .route("/play/log-in", post(log_in))
        .with_state(Stage {
            playground: playground.clone(),
            server: server.clone(),
        })
}

pub(super) fn callback(playground: &Arc<Playground>, server: &Arc<Yours>) -> Router {
    Router::new()
        .route("/callback", get(returned))
        .with_state(Stage {
            playground: playground.clone(),
            server: server.clone(),
        })
}

async fn log_in(State(stage): State<Stage>) -> Result<Json<Away>, Refusal> {
    let url = stage.server.begin()?;
    Ok(Json(Away { url }))
}

/// The browser comes back from the authorization server (RFC 6749 §4.1.2), by a GET. It changes nothing
/// without the `state` of a login that the page has begun.
async fn returned(
    State(stage): State<Stage>,
    Query(answer): Query<Answer>,
) -> Result<Redirect, Refusal> {
    Ok(match stage.server.go_on(answer).await? {
        Next::Away(url) => Redirect::to(&url),
        Next::Token(token) => {
            stage.playground.tokens.keep(token);
            Redirect::to("/")
        }
        Next::Home => Redirect::to("/"),
    })
}
