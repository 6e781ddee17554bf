use std::{collections::BTreeMap, time::Instant};

use axum::{Router, body::Body};
use portcullis_bench::{
    Algorithm, CLIENT, Cases, Failure, FixedTokens, Life, OPAQUE_TOKEN, Rounds, Samples,
    behind_no_op, claims, instant_issuer, median, probe, request, requests, signed,
};
use portcullis_bench_peers::{introspected, ours};
use reqwest::{Client, header::ACCEPT};
use tokio::runtime::Builder;
use tower::Service;

use crate::{Run, known_token::add};

/// An opaque token that the server was asked about a moment ago.
pub(crate) fn introspection_hit(run: &Run, samples: &mut Samples) -> Result<(), Failure> {
    println!("an opaque token that was asked about");
    let token = OPAQUE_TOKEN;
    let issuer = ours::issuer(&run.server)?;
    let (runtime, server) = (&run.runtime, &run.server);
    let mut cases = Cases::default();
    add(run, &mut cases, "no-op", behind_no_op(), token)?;
    add(
        run,
        &mut cases,
        "portcullis",
        ours::introspected(&issuer),
        token,
    )?;
    for (name, router) in [
        (
            "zitadel",
            runtime.block_on(introspected::zitadel::router(server)),
        ),
        (
            "camel-auth",
            runtime.block_on(introspected::camel_auth::router(server)),
        ),
    ] {
        let added = router.and_then(|router| add(run, &mut cases, name, router, token));
        added.unwrap_or_else(|why| samples.fail(name, &why));
    }
    samples.add("introspection-hit", cases.in_turn(run.effort));
    Ok(())
}

/// A request that asks the server, and the bare call to the same endpoint: one of each in turn, on
/// a worker of the runtime, as in a service.
pub(crate) fn require_active(run: &Run, samples: &mut Samples) -> Result<(), Failure> {
    println!("a request that asks the server");
    let token = signed(run.usual()?, &claims(&run.server.issuer(), 2, Life::now()))?;
    let issuer = ours::issuer(&run.server)?;
    let router = ours::require_active(&issuer);
    let endpoint = run.server.introspection_endpoint();
    let rounds = run.effort.rounds;
    let measured = async move { in_pairs(router, &endpoint, &token, rounds).await };
    let measured = run.runtime.block_on(run.runtime.spawn(measured))??;
    samples.add("require-active", measured);
    samples.add("require-active-own", our_own(run)?);
    Ok(())
}

/// What is ours of it: the same request where the answer is there at once.
fn our_own(run: &Run) -> Result<Rounds, Failure> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let token = FixedTokens::signed_with(Algorithm::Rs256).known;
    let mut router = ours::require_active(&instant_issuer()?);
    runtime.block_on(probe::<Body, _, _>(&mut router, token))?;
    let mut cases = Cases::default();
    let no_op = requests::<Body, _, _>(&runtime, behind_no_op(), || token);
    cases.add("no-op", no_op);
    let asking = requests::<Body, _, _>(&runtime, router, || token);
    cases.add("portcullis", asking);
    Ok(cases.in_turn(run.effort))
}

/// So many pairs make a round; what stands for the round is their median.
const PAIRS: usize = 48;

async fn in_pairs(
    mut router: Router,
    endpoint: &str,
    token: &str,
    rounds: usize,
) -> Result<Rounds, Failure> {
    let client = Client::builder().no_proxy().build()?;
    let mut measured: Rounds = BTreeMap::new();
    for round in 0..=rounds {
        let (mut ours, mut bare) = (Vec::new(), Vec::new());
        for pair in 0..PAIRS {
            let is_first = pair % 2 == 0;
            if is_first {
                ours.push(ask_through(&mut router, token).await?);
            }
            bare.push(ask(&client, endpoint, token).await?);
            if !is_first {
                ours.push(ask_through(&mut router, token).await?);
            }
        }
        // The first round makes the connections.
        if round > 0 {
            for (name, figures) in [("portcullis", ours), ("bare call", bare)] {
                let figures = median(&figures).into_iter();
                measured.entry(name.into()).or_default().extend(figures);
            }
        }
    }
    Ok(measured)
}

async fn ask_through(router: &mut Router, token: &str) -> Result<f64, Failure> {
    let request = request::<Body>(token);
    let began = Instant::now();
    let Ok(response) = router.call(request).await;
    let passed = began.elapsed();
    if !response.status().is_success() {
        return Err(format!("a live request is answered {}", response.status()).into());
    }
    Ok(passed.as_nanos() as f64)
}

async fn ask(client: &Client, endpoint: &str, token: &str) -> Result<f64, Failure> {
    let began = Instant::now();
    let question = [("token", token), ("token_type_hint", "access_token")];
    let request = client
        .post(endpoint)
        .basic_auth(CLIENT.0, Some(CLIENT.1))
        .header(ACCEPT, "application/json")
        .form(&question);
    let response = request.send().await?.error_for_status()?;
    let answer = response.bytes().await?;
    let passed = began.elapsed();
    drop(answer);
    Ok(passed.as_nanos() as f64)
}
