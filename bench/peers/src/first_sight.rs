use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use aws_lc_rs::signature::ParsedPublicKey;
use axum::{Router, body::Body};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis::{AuthenticateLayer, ConfigError, Issuer};
use portcullis_bench::{
    AUDIENCE, Cases, Failure, Life, Samples, Signer, authenticated, bare_route, behind_no_op,
    claims, is_quick, requests, signed,
};
use portcullis_bench_peers::settled;

use crate::{Run, known_token::peers};

/// Tokens that nobody has seen before, and what the library below takes to verify their signatures
/// and does nothing else.
pub(crate) fn measure(run: &Run, signer: &Signer, samples: &mut Samples) -> Result<(), Failure> {
    let algorithm = signer.algorithm().name();
    let count = if is_quick() { 64 } else { 1024 };
    println!("{count} tokens signed with {algorithm}");
    let life = Life::now();
    let tokens = (0..count).map(|number| {
        let claims = claims(&run.server.issuer(), 1000 + number, life);
        signed(signer, &claims)
    });
    let tokens: Vec<String> = tokens.collect::<Result<_, _>>()?;

    let raw = signer.raw()?;
    let split: Vec<_> = tokens.iter().filter_map(|token| split(token)).collect();
    let next = || around(&tokens);
    ours(run)?;
    let seen_first = |route| {
        let tokens = tokens.as_slice();
        move |times| seen_first(run, route, tokens, times)
    };
    let group = format!("first-sight-{}", algorithm.to_lowercase());
    let no_op = || requests::<Body, _, _>(&run.runtime, behind_no_op(), next());

    // What is verified and kept, beside what is verified.
    let mut cases = Cases::default();
    cases.add("raw", |times| verified(&raw, &split, times));
    cases.add("no-op", no_op());
    cases.add("portcullis", seen_first(|layer| bare_route().layer(layer)));
    samples.add(&format!("{group}-layer"), cases.in_turn(run.effort));

    // With the claims as a type of the handler's own, beside the peers.
    let mut cases = Cases::default();
    cases.add("no-op", no_op());
    cases.add("portcullis", seen_first(authenticated));
    for (name, router) in peers(run) {
        // None of them remembers a token; those that do not know the algorithm stay out.
        let Ok(mut router) = router else { continue };
        let first = tokens.first().map(String::as_str).unwrap_or_default();
        if run.runtime.block_on(settled(&mut router, first)).is_ok() {
            cases.add(name, requests::<Body, _, _>(&run.runtime, router, next()));
        }
    }
    samples.add(&group, cases.in_turn(run.effort));
    Ok(())
}

/// So many requests through a route whose issuer has seen none of the tokens yet.
fn seen_first(
    run: &Run,
    route: fn(AuthenticateLayer) -> Router,
    tokens: &[String],
    times: usize,
) -> Duration {
    let mut passed = Duration::ZERO;
    let mut left = times;
    while left > 0 {
        // As many as there are, and then an issuer that has seen none of them.
        let size = left.min(tokens.len());
        if let Ok(issuer) = ours(run) {
            let router = route(AuthenticateLayer::new(issuer.jwt()));
            passed += requests::<Body, _, _>(&run.runtime, router, around(tokens))(size);
        }
        left -= size;
    }
    passed
}

/// An issuer that has its keys and has seen no token.
fn ours(run: &Run) -> Result<Issuer, ConfigError> {
    Issuer::builder(run.server.issuer())?
        .audience(AUDIENCE)
        .keys(&run.keys)
        .build()
}

/// One token after the other.
fn around<'a>(tokens: &'a [String]) -> impl FnMut() -> &'a str {
    let mut tokens = tokens.iter().cycle();
    move || tokens.next().map(String::as_str).unwrap_or_default()
}

/// What is signed, and the signature.
fn split(token: &str) -> Option<(&str, Vec<u8>)> {
    let (signed, signature) = token.rsplit_once('.')?;
    Some((signed, URL_SAFE_NO_PAD.decode(signature).ok()?))
}

fn verified(key: &ParsedPublicKey, tokens: &[(&str, Vec<u8>)], times: usize) -> Duration {
    let began = Instant::now();
    for (signed, signature) in tokens.iter().cycle().take(times) {
        let _ = black_box(key.verify_sig(signed.as_bytes(), signature));
    }
    began.elapsed()
}
