use axum::{Router, body::Body};
use portcullis_bench::{
    Cases, Failure, Life, Samples, bare_route, behind_no_op, claims, requests, signed,
};
use portcullis_bench_peers::{local, ours, settled};

use crate::Run;

/// A token that everybody has seen before: most requests of a service.
pub(crate) fn measure(run: &Run, samples: &mut Samples) -> Result<(), Failure> {
    let token = signed(run.usual()?, &claims(&run.server.issuer(), 1, Life::now()))?;
    println!("a known token of {} bytes", token.len());
    let issuer = ours::issuer(&run.server)?;
    let mut cases = Cases::default();
    for (name, router) in [
        ("bare", bare_route()),
        ("no-op", behind_no_op()),
        ("portcullis", ours::local(&issuer)),
    ] {
        add(run, &mut cases, name, router, &token)?;
    }
    for (name, router) in peers(run) {
        let added = router.and_then(|router| add(run, &mut cases, name, router, &token));
        added.unwrap_or_else(|why| samples.fail(name, &why));
    }
    if let Err(why) = add_of_axum_07(run, &mut cases, &token) {
        samples.fail("jwt-authorizer", &why);
    }
    samples.add("known-token", cases.in_turn(run.effort));
    Ok(())
}

/// Those that speak this axum.
pub(crate) fn peers(run: &Run) -> [(&'static str, Result<Router, Failure>); 5] {
    let (runtime, server) = (&run.runtime, &run.server);
    [
        (
            "tower-oauth2-resource-server",
            runtime.block_on(local::tower_oauth2_resource_server::router(server)),
        ),
        (
            "oauth-resource-server",
            runtime.block_on(local::oauth_resource_server::router(server)),
        ),
        (
            "axum-keycloak-auth",
            runtime.block_on(local::axum_keycloak_auth::router(server)),
        ),
        ("huskarl", runtime.block_on(local::huskarl::router(server))),
        (
            "axum-jwt-auth",
            runtime.block_on(local::axum_jwt_auth::router(server)),
        ),
    ]
}

pub(crate) fn add<'a>(
    run: &'a Run,
    cases: &mut Cases<'a>,
    name: &str,
    mut router: Router,
    token: &'a str,
) -> Result<(), Failure> {
    run.runtime.block_on(settled(&mut router, token))?;
    cases.add(
        name,
        requests::<Body, _, _>(&run.runtime, router, move || token),
    );
    Ok(())
}

fn add_of_axum_07<'a>(run: &'a Run, cases: &mut Cases<'a>, token: &'a str) -> Result<(), Failure> {
    use local::jwt_authorizer::{router, settled};
    let mut router = run.runtime.block_on(router(&run.server))?;
    run.runtime.block_on(settled(&mut router, token))?;
    cases.add(
        "jwt-authorizer",
        requests::<axum_07::body::Body, _, _>(&run.runtime, router, move || token),
    );
    Ok(())
}
