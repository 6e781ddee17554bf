use std::{future::Future, pin::Pin};

use axum::Router;
use tokio::task::JoinSet;

use crate::{Reply, get, poll_once, post_active};

/// Requests that are under way at the same time. The test polls them itself, so it knows how far
/// each has come: nothing has to be waited for by the clock.
#[derive(Debug)]
pub struct Crowd<F> {
    requests: Vec<Pin<Box<F>>>,
}

impl<F> Crowd<F>
where
    F: Future<Output = Reply> + Send + 'static,
{
    /// `count` requests, each polled once. Panics when one of them has its answer already.
    pub fn of(count: usize, request: impl Fn(usize) -> F) -> Self {
        let requests = (0..count).map(|number| Box::pin(request(number)));
        let mut crowd = Self {
            requests: requests.collect(),
        };
        crowd.step();
        crowd
    }

    /// Polls every request once more. Panics when one of them has its answer.
    pub fn step(&mut self) {
        for request in &mut self.requests {
            assert!(
                poll_once(request).is_pending(),
                "a request waited for nothing"
            );
        }
    }

    /// Polls the first request until `condition` holds.
    pub async fn step_first_until(&mut self, condition: impl Fn() -> bool) {
        while !condition() {
            let first = self.requests.first_mut().unwrap();
            assert!(
                poll_once(first).is_pending(),
                "a request waited for nothing"
            );
            tokio::task::yield_now().await;
        }
    }

    /// The client that came first goes away.
    pub fn first_leaves(&mut self) {
        drop(self.requests.remove(0));
    }

    /// Everybody's answer, in no order.
    pub async fn replies(self) -> Vec<Reply> {
        let requests: JoinSet<Reply> = self.requests.into_iter().collect();
        requests.join_all().await
    }
}

/// [`get`], for a crowd.
pub fn getting(
    router: &Router,
    token: &str,
) -> impl Future<Output = Reply> + Send + 'static + use<> {
    let (router, token) = (router.clone(), token.to_owned());
    async move { get(&router, &token).await }
}

/// [`post_active`], for a crowd.
pub fn posting_active(
    router: &Router,
    token: &str,
) -> impl Future<Output = Reply> + Send + 'static + use<> {
    let (router, token) = (router.clone(), token.to_owned());
    async move { post_active(&router, &token).await }
}
