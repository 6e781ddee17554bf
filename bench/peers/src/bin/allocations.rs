//! Allocations per request with a known token, ours and the peers'. A program of its own: it counts
//! every one.

use std::sync::Arc;

use allocation_counter::measure;
use axum::{Extension, Router, body::Body};
use portcullis_bench::{
    Algorithm, AuthorizationServer, Failure, Life, Samples, Signer, bare_route, behind_no_op,
    claims, key_set, request, signed,
};
use portcullis_bench_peers::{local, ours, settled};
use tokio::runtime::{Builder, Runtime};
use tower::Service;

fn main() -> Result<(), Failure> {
    let signer = Signer::generate(Algorithm::Rs256)?;
    let server = AuthorizationServer::start(key_set(&[&signer]))?;
    let token = signed(&signer, &claims(&server.issuer(), 1, Life::now()))?;
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let issuer = ours::issuer(&server)?;
    let routers: [(&str, Result<Router, Failure>); 9] = [
        ("bare", Ok(bare_route())),
        ("no-op", Ok(behind_no_op())),
        (
            "one extension",
            Ok(bare_route().layer(Extension(Arc::new(())))),
        ),
        ("portcullis", Ok(ours::local(&issuer))),
        (
            "tower-oauth2-resource-server",
            runtime.block_on(local::tower_oauth2_resource_server::router(&server)),
        ),
        (
            "oauth-resource-server",
            runtime.block_on(local::oauth_resource_server::router(&server)),
        ),
        (
            "axum-keycloak-auth",
            runtime.block_on(local::axum_keycloak_auth::router(&server)),
        ),
        ("huskarl", runtime.block_on(local::huskarl::router(&server))),
        (
            "axum-jwt-auth",
            runtime.block_on(local::axum_jwt_auth::router(&server)),
        ),
    ];
    let mut samples = Samples::default();
    for (name, router) in routers {
        match router.and_then(|router| per_request(&runtime, router, &token)) {
            Ok(count) => samples.add_exact("allocations", name, count),
            Err(why) => samples.fail(name, &why),
        }
    }
    samples.write("allocations")
}

/// How many more a hundred requests more take, by a hundred.
fn per_request(runtime: &Runtime, mut router: Router, token: &str) -> Result<f64, Failure> {
    runtime.block_on(settled(&mut router, token))?;
    let mut during = |count: u32| {
        let requests: Vec<_> = (0..count).map(|_| request::<Body>(token)).collect();
        let counted = measure(|| {
            runtime.block_on(async {
                for request in requests {
                    let Ok(response) = router.call(request).await;
                    drop(response);
                }
            });
        });
        counted.count_total as f64
    };
    during(100);
    let (fewer, more) = (during(100), during(200));
    Ok((more - fewer) / 100.0)
}
