//! Instructions per request, counted by callgrind: the same on every run to within a tenth of a per
//! cent, whatever else the machine is doing.
#![expect(missing_docs, reason = "the benchmark macros make undocumented items")]

use std::{convert::Infallible, hint::black_box, time::SystemTime};

use gungraun::prelude::*;
use http::{Request, Response, StatusCode};
use portcullis::{
    AuthenticateLayer, CanAsk, ConfigError, Issuer, RequireActiveLayer, Standing, Timestamp,
};
use portcullis_bench::{
    Algorithm, Body, Case, FixedTokens, NoOpLayer, OPAQUE_TOKEN, Revocations, bare, fixed_issuer,
    instant_issuer, instant_issuer_with_news,
};
use tokio::runtime::{Builder, Runtime};
use tower::{Layer, Service, ServiceExt};

trait Api: Service<Request<Body>, Response = Response<Body>, Error = Infallible> {}

impl<S> Api for S where S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> {}

type Prepared<S> = (Case<S>, Request<Body>);

const RSA: FixedTokens = FixedTokens::signed_with(Algorithm::Rs256);

/// A case that knows one token, and a request with that token.
fn known<S: Api>(service: S) -> Prepared<S> {
    let request = Case::<S>::request(RSA.known);
    (Case::warm(service, RSA.known), request)
}

/// A case that knows one token, and a request with another of that kind.
fn unseen(algorithm: Algorithm) -> Prepared<impl Api> {
    let tokens = FixedTokens::signed_with(algorithm);
    let service = local();
    let request = request_to(&service, tokens.unseen);
    (Case::warm(service, tokens.known), request)
}

fn request_to<S: Api>(_: &S, token: &str) -> Request<Body> {
    Case::<S>::request(token)
}

#[expect(
    clippy::expect_used,
    reason = "without its subject there is nothing to measure"
)]
fn local() -> impl Api {
    let issuer = fixed_issuer().and_then(|issuer| issuer.build());
    let issuer = issuer.expect("the configuration is accepted");
    AuthenticateLayer::new(issuer.jwt()).layer(bare())
}

#[library_benchmark]
#[bench::bare(known(bare()))]
#[bench::no_op(known(NoOpLayer.layer(bare())))]
#[bench::known_token(known(local()))]
#[bench::first_sight_rs256(unseen(Algorithm::Rs256))]
#[bench::first_sight_es256(unseen(Algorithm::Es256))]
#[bench::first_sight_eddsa(unseen(Algorithm::EdDsa))]
fn request<S: Api>((mut case, request): Prepared<S>) -> (Case<S>, Option<Response<Body>>) {
    let response = case.answer(black_box(request));
    (case, response)
}

// Requests that the server is asked about, by a client that answers at once: what we do ourselves
// around a call. `require_active_news` is one whose answer was not read before.
#[library_benchmark]
#[bench::introspection_hit(asking(instant_issuer(), false))]
#[bench::require_active(asking(instant_issuer(), true))]
#[bench::require_active_news(asking(instant_issuer_with_news(), true))]
fn asked<S: Api>(
    (runtime, mut service, request): (Runtime, S, Request<Body>),
) -> (Runtime, S, Option<StatusCode>) {
    let status = answered(&runtime, &mut service, black_box(request));
    (runtime, service, status)
}

fn answered(
    runtime: &Runtime,
    service: &mut impl Api,
    request: Request<Body>,
) -> Option<StatusCode> {
    runtime.block_on(async {
        let answer = service.ready().await.ok()?.call(request).await;
        answer.ok().map(|response| response.status())
    })
}

#[expect(
    clippy::expect_used,
    reason = "without its subject there is nothing to measure"
)]
fn asking(
    issuer: Result<Issuer<CanAsk>, ConfigError>,
    live: bool,
) -> (Runtime, impl Api, Request<Body>) {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    let issuer = issuer.expect("the configuration is accepted");
    let mut service = if live {
        let layer = AuthenticateLayer::new(issuer.hybrid());
        tower::util::Either::Left(layer.layer(RequireActiveLayer::live().layer(bare())))
    } else {
        let layer = AuthenticateLayer::new(issuer.introspection());
        tower::util::Either::Right(layer.layer(bare()))
    };
    let token = if live { RSA.known } else { OPAQUE_TOKEN };
    for _ in 0..3 {
        let first = request_to(&service, token);
        assert_eq!(
            answered(&runtime, &mut service, first),
            Some(StatusCode::OK)
        );
    }
    let request = request_to(&service, token);
    (runtime, service, request)
}

// A look for each of many good tokens among so many things that are over. Which of them get past the
// filter is drawn by each process anew; the share of those is the same every time.
#[library_benchmark]
#[bench::a_thousand(looked_up(Revocations::with(1000)))]
fn look_ups((revocations, now): (Revocations, Timestamp)) -> (Revocations, usize) {
    let clear = looked_at(&revocations, now);
    (revocations, clear)
}

/// What is done only the first time is behind it.
fn looked_up(revocations: Revocations) -> (Revocations, Timestamp) {
    let now = SystemTime::now().into();
    assert_eq!(looked_at(&revocations, now), revocations.tokens.len());
    (revocations, now)
}

/// How many of the tokens nothing is known against.
fn looked_at(revocations: &Revocations, now: Timestamp) -> usize {
    let tokens = black_box(&revocations.tokens).iter();
    let standings = tokens.map(|token| revocations.set.look_up_at(token, now));
    standings
        .filter(|standing| matches!(standing, Standing::Clear))
        .count()
}

library_benchmark_group!(name = requests, benchmarks = [request]);
library_benchmark_group!(name = calls, benchmarks = [asked]);
library_benchmark_group!(name = revocations, benchmarks = [look_ups]);
main!(library_benchmark_groups = requests, calls, revocations);
