//! The same route with the same tokens, behind us and behind each peer at its newest version, set up
//! as its documentation shows it, with the issuer and the audience checked where it can.

pub mod introspected;
pub mod local;
pub mod ours;

use std::{hint::black_box, time::Duration};

use axum::{Router, body::Body, routing::MethodRouter};
use portcullis_bench::{Failure, probe};
use tokio::time::sleep;

/// A router with this one route, the same everywhere.
fn router_with<S: Clone + Send + Sync + 'static>(orders: MethodRouter<S>) -> Router<S> {
    Router::new().route("/orders", orders)
}

/// What a handler does with claims: it has them.
fn seen<T>(claims: &T) {
    black_box(claims);
}

/// A peer that fetches its keys in the background has some time for it.
///
/// # Errors
/// When it still refuses the token afterwards.
pub async fn settled(router: &mut Router, token: &str) -> Result<(), Failure> {
    patiently(
        async |router| probe::<Body, _, _>(router, token).await,
        router,
    )
    .await
}

async fn patiently<R>(
    mut probe: impl AsyncFnMut(&mut R) -> Result<(), Failure>,
    router: &mut R,
) -> Result<(), Failure> {
    let mut last = probe(router).await;
    for _ in 0..40 {
        if last.is_ok() {
            break;
        }
        sleep(Duration::from_millis(50)).await;
        last = probe(router).await;
    }
    last
}
