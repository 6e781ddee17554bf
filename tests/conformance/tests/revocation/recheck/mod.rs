//! Asking again about tokens in use, for what no notice tells.

mod budget;
mod disagreement;
mod guarantee;
mod instances;
mod outage;
mod siblings;
mod window;

use std::time::Duration;

use http::StatusCode;

use super::{
    air::Air,
    support::{MINUTE, status},
};

/// How often a token is asked about here.
const WINDOW: Duration = Duration::from_secs(10);

/// An instance that asks about each token every ten seconds, by calls of three at the most.
async fn rechecking() -> Air {
    Air::with(|issuer| issuer.recheck_every(WINDOW)).await
}

/// What a token gets where it is verified locally, once what that has begun is over.
async fn used(air: &Air, token: &str) -> StatusCode {
    let status = status(&air.instance.hybrid, token).await;
    air.settle().await;
    status
}

fn lasting(air: &Air) -> portcullis_testing::TokenBuilder {
    air.world.server.token().expires_in(55 * MINUTE)
}
