//! Instructions per request, counted by callgrind: the same on every run to within a tenth of a per
//! cent, whatever else the machine is doing.
#![expect(missing_docs, reason = "the benchmark macros make undocumented items")]

use std::{convert::Infallible, hint::black_box};

use gungraun::prelude::*;
use http::{Request, Response};
use portcullis_bench::{Body, Case, NoOpLayer, bare, known_token};
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

library_benchmark_group!(name = requests, benchmarks = [request]);
main!(library_benchmark_groups = requests);
