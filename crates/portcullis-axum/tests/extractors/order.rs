//! Whatever the order of layers, extractors and checks inside the handler: what the server says
//! now decides.

use axum::{
    Router,
    routing::{self, MethodRouter},
};
use portcullis::{AuthenticateLayer, Freshness, Reason, RequireActiveLayer, RequireRole};
use portcullis_axum::{AuthRejection, RequireActive, Token};
use serde_json::Value;

use crate::support::{Live, Scripted, get, with_role};

/// One step on the way of a request, outside in.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    /// The role admin is required.
    Role,
    /// The server is asked.
    Ask,
}

use Step::{Ask, Role};

type Checked = Result<(), AuthRejection>;

/// Every handler, with the steps that it takes.
fn handlers() -> Vec<(&'static [Step], MethodRouter)> {
    async fn nothing() {}
    async fn extracts(_: RequireActive<Value>) {}
    async fn requires(token: Token) -> Checked {
        Ok(token.require(RequireRole::realm("admin"))?)
    }
    async fn extracts_then_requires(_: RequireActive<Value>, token: Token) -> Checked {
        Ok(token.require(RequireRole::realm("admin"))?)
    }
    async fn holds_the_token_then_extracts(token: Token, _: RequireActive<Value>) -> Checked {
        Ok(token.require(RequireRole::realm("admin"))?)
    }
    async fn requires_then_asks(token: Token) -> Checked {
        token.require(RequireRole::realm("admin"))?;
        token.refreshed(Freshness::Live).await?;
        Ok(())
    }
    async fn asks_then_requires(token: Token) -> Checked {
        let token = token.refreshed(Freshness::Live).await?;
        Ok(token.require(RequireRole::realm("admin"))?)
    }
    async fn asks_aside_then_requires(token: Token) -> Checked {
        token.refreshed(Freshness::Live).await?;
        Ok(token.require(RequireRole::realm("admin"))?)
    }
    vec![
        (&[], routing::get(nothing)),
        (&[Ask], routing::get(extracts)),
        (&[Role], routing::get(requires)),
        (&[Ask, Role], routing::get(extracts_then_requires)),
        (&[Ask, Role], routing::get(holds_the_token_then_extracts)),
        (&[Role, Ask], routing::get(requires_then_asks)),
        (&[Ask, Role], routing::get(asks_then_requires)),
        (&[Ask, Role], routing::get(asks_aside_then_requires)),
    ]
}

/// Every order of layers.
const LAYERS: [&[Step]; 7] = [
    &[],
    &[Role],
    &[Ask],
    &[Role, Ask],
    &[Ask, Role],
    &[Role, Ask, Role],
    &[Ask, Role, Ask],
];

/// Every route that both requires the role and asks the server, with its steps outside in.
fn routes() -> Vec<(Vec<Step>, MethodRouter)> {
    let mut routes = Vec::new();
    for layers in LAYERS {
        for (inner, handler) in handlers() {
            let steps = [layers, inner].concat();
            if !steps.contains(&Role) || !steps.contains(&Ask) {
                continue;
            }
            let route = layers.iter().rev().fold(handler, |route, step| match step {
                Role => route.route_layer(RequireRole::realm("admin")),
                Ask => route.route_layer(RequireActiveLayer::live()),
            });
            routes.push((steps, route));
        }
    }
    assert_eq!(routes.len(), 49);
    routes
}

/// What each route answers to this token, and how often the server was asked.
async fn answers(verifier: impl Fn() -> Scripted) -> Vec<(Vec<Step>, u16, usize)> {
    let mut answers = Vec::new();
    for (steps, route) in routes() {
        let verifier = verifier();
        let layer = AuthenticateLayer::new(verifier.clone());
        let router = Router::new().route("/", route).layer(layer);
        let status = get(router, "/").await.status.as_u16();
        answers.push((steps, status, verifier.calls()));
    }
    answers
}

#[tokio::test]
async fn who_has_the_role_still_passes_and_the_server_is_asked_once() {
    for (steps, status, calls) in answers(|| Scripted::new(with_role("admin"))).await {
        assert_eq!((status, calls), (200, 1), "{steps:?}");
    }
}

#[tokio::test]
async fn who_has_lost_the_role_is_always_403() {
    let demoted = Live::Active(with_role("clerk"));
    let demoted = || Scripted::new(with_role("admin")).live(demoted.clone());
    for (steps, status, calls) in answers(demoted).await {
        assert_eq!((status, calls), (403, 1), "{steps:?}");
    }
}

#[tokio::test]
async fn who_has_gained_the_role_passes_where_the_server_is_asked_before_the_first_check() {
    let promoted = Live::Active(with_role("admin"));
    let promoted = || Scripted::new(with_role("clerk")).live(promoted.clone());
    for (steps, status, calls) in answers(promoted).await {
        let expected = match steps.first() {
            Some(Ask) => (200, 1),
            _ => (403, 0),
        };
        assert_eq!((status, calls), expected, "{steps:?}");
    }
}

#[tokio::test]
async fn a_token_that_is_no_longer_active_is_always_401() {
    let ended = || Scripted::new(with_role("admin")).live(Live::No(Reason::Inactive));
    for (steps, status, calls) in answers(ended).await {
        assert_eq!((status, calls), (401, 1), "{steps:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_down_is_always_503() {
    let down = || Scripted::new(with_role("admin")).live(Live::No(Reason::IssuerUnreachable));
    for (steps, status, calls) in answers(down).await {
        assert_eq!((status, calls), (503, 1), "{steps:?}");
    }
}

#[tokio::test]
async fn a_verifier_that_cannot_ask_is_always_500() {
    let local = || Scripted::new(with_role("admin")).live(Live::Nobody);
    for (steps, status, calls) in answers(local).await {
        assert_eq!((status, calls), (500, 0), "{steps:?}");
    }
}
