//! Wall time per request. Noisy where neighbours share the machine: read the ratios, not the
//! nanoseconds.

use std::{
    convert::Infallible,
    hint::black_box,
    time::{Duration, Instant, SystemTime},
};

use criterion::{BatchSize, BenchmarkGroup, Criterion, measurement::WallTime};
use http::{Request, Response};
use portcullis::{AuthenticateLayer, RevocationSet, TokenFacts};
use portcullis_bench::{
    Algorithm, Body, Case, FixedTokens, NoOpLayer, Revocations, bare, fixed_issuer,
};
use tower::{Layer, Service};

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    let mut group = criterion.benchmark_group("request");
    measure(&mut group, "bare", bare());
    measure(&mut group, "no_op", NoOpLayer.layer(bare()));
    let issuer = fixed_issuer().and_then(|issuer| issuer.build());
    if let Ok(issuer) = issuer {
        let layer = AuthenticateLayer::new(issuer.jwt());
        measure(&mut group, "known_token", layer.layer(bare()));
    }
    group.finish();
    look_up(&mut criterion);
    criterion.final_summary();
}

fn measure<S>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, service: S)
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    let token = FixedTokens::signed_with(Algorithm::Rs256).known;
    let mut case = Case::warm(service, token);
    group.bench_function(name, |bencher| {
        bencher.iter_batched(
            || Case::<S>::request(token),
            |request| case.answer(request),
            BatchSize::SmallInput,
        );
    });
}

/// One look for a good token that is over by nothing, as on a request: the token has just been read,
/// the clock just been asked. Entries beyond the first few have left the processor's cache.
fn look_up(criterion: &mut Criterion) {
    let few = Revocations::with(1000);
    let million = Revocations::with(1_000_000);
    println!(
        "{} entries, {} bytes each",
        million.set.len(),
        million.set.bytes() / million.set.len().max(1)
    );
    let now = SystemTime::now().into();
    let look = |set: &RevocationSet, tokens: &[TokenFacts]| {
        for token in tokens {
            let _ = black_box(set.look_up_at(black_box(token), now));
        }
    };
    let mut group = criterion.benchmark_group("look_up");
    for (name, set) in [("a_thousand", &few.set), ("a_million", &million.set)] {
        group.bench_function(name, |bencher| {
            let mut batches = million.tokens.chunks_exact(BATCH).cycle();
            bencher.iter_custom(|looks| {
                let mut passed = Duration::ZERO;
                for tokens in batches.by_ref().take(rounds(looks)) {
                    look(&few.set, tokens);
                    let began = Instant::now();
                    look(set, tokens);
                    passed += began.elapsed();
                }
                passed.mul_f64(looks as f64 / (rounds(looks) * BATCH) as f64)
            });
        });
    }
    group.bench_function("clock", |bencher| bencher.iter(Instant::now));
    group.finish();
}

/// So many tokens are looked up in a row: few enough to stay in the processor's cache.
const BATCH: usize = 32;

fn rounds(looks: u64) -> usize {
    usize::try_from(looks).unwrap_or(usize::MAX).div_ceil(BATCH)
}
