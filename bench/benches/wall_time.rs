//! Wall time per request. Noisy where neighbours share the machine: read the ratios, not the
//! nanoseconds.

use std::{convert::Infallible, time::Duration};

use criterion::{BatchSize, BenchmarkGroup, Criterion, measurement::WallTime};
use http::{Request, Response};
use portcullis_bench::{Body, Case, NoOpLayer, bare, known_token};
use tower::{Layer, Service};

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    let mut group = criterion.benchmark_group("request");
    measure(&mut group, "bare", bare());
    measure(&mut group, "no_op", NoOpLayer.layer(bare()));
    measure(&mut group, "known_token", known_token());
    group.finish();
    criterion.final_summary();
}

fn measure<S>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, service: S)
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    let mut case = Case::warm(service);
    group.bench_function(name, |bencher| {
        bencher.iter_batched(
            Case::<S>::request,
            |request| case.answer(request),
            BatchSize::SmallInput,
        );
    });
}
