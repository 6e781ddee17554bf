//! What is done with an authorization server of somebody else's: a login in the browser.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
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
/// without the `state` of a login that the page has begun. Whatever comes of it, the page says it: the
/// address has a code in it, and is left.
async fn returned(
    State(stage): State<Stage>,
    answer: Result<Query<Answer>, QueryRejection>,
) -> Redirect {
    let next = match answer {
        Ok(Query(answer)) => stage.server.go_on(answer).await,
        Err(_) => Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "the answer to a login cannot be read",
        )),
    };
    match next {
        Ok(Next::Away(url)) => return Redirect::to(&url),
        Ok(Next::Token(token)) => stage.playground.tokens.keep(token),
        Ok(Next::Home) => {}
        Err(refusal) => stage.server.say(refusal.into_sentence()),
    }
    Redirect::to("/")
}
