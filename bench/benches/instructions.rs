//! Instructions per request, counted by callgrind: the same on every run to within a tenth of a per
//! cent, whatever else the machine is doing.
#![expect(missing_docs, reason = "the benchmark macros make undocumented items")]

use std::{convert::Infallible, hint::black_box, time::SystemTime};

use gungraun::prelude::*;
use http::{Request, Response};
use portcullis::{Standing, Timestamp};
use portcullis_bench::{Body, Case, NoOpLayer, Revocations, bare, known_token};
use tower::{Layer, Service};

type Prepared<S> = (Case<S>, Request<Body>);

fn prepared<S>(service: S) -> Prepared<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    (Case::warm(service), Case::<S>::request())
}

#[library_benchmark]
#[bench::bare(prepared(bare()))]
#[bench::no_op(prepared(NoOpLayer.layer(bare())))]
#[bench::known_token(prepared(known_token()))]
fn request<S>((mut case, request): Prepared<S>) -> (Case<S>, Option<Response<Body>>)
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    let response = case.answer(black_box(request));
    (case, response)
}

// One look for a good token among so many things that are over.
#[library_benchmark]
#[bench::a_thousand(looked_up(Revocations::with(1000)))]
fn look_up((revocations, now): (Revocations, Timestamp)) -> (Revocations, Option<Standing>) {
    let standing = looked_at(&revocations, now);
    (revocations, standing)
}

/// What is done only the first time is behind it.
fn looked_up(revocations: Revocations) -> (Revocations, Timestamp) {
    let now = SystemTime::now().into();
    assert!(matches!(
        looked_at(&revocations, now),
        Some(Standing::Clear)
    ));
    (revocations, now)
}

fn looked_at(revocations: &Revocations, now: Timestamp) -> Option<Standing> {
    let token = black_box(revocations.tokens.last())?;
    Some(revocations.set.look_up_at(token, now))
}

library_benchmark_group!(name = requests, benchmarks = [request]);
library_benchmark_group!(name = revocations, benchmarks = [look_up]);
main!(library_benchmark_groups = requests, revocations);
