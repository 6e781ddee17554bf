//! What a verified token occupies, and whether the limit holds. A program of its own: it counts
//! every allocation.

use allocation_counter::measure;
use axum::{Router, body::Body};
use portcullis::{AuthenticateLayer, ConfigError, Issuer};
use portcullis_bench::{
    AUDIENCE, Algorithm, FIXED_ISSUER, Failure, Life, Samples, Signer, authenticated, bare_route,
    claims, is_quick, key_set, request, signed, with_token_cache,
};
use tokio::runtime::Runtime;
use tower::Service;

/// Where the limit is when it is put to the test.
const LIMIT: u64 = 64 << 20;

fn main() -> Result<(), Failure> {
    let (few, many) = if is_quick() {
        (200, 2_000)
    } else {
        (10_000, 1_000_000)
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut samples = Samples::default();

    let keycloaks = Tokens::new(Algorithm::Rs256)?;
    println!("{few} tokens, all of them kept");
    let all = 1 << 30;
    let held = keycloaks.held(&runtime, verified, all, few)?;
    samples.add_exact("memory", "bytes per token", held as f64 / few as f64);
    let held = keycloaks.held(&runtime, authenticated, all, few)?;
    let with_type = held as f64 / few as f64;
    samples.add_exact("memory", "bytes per token with a type", with_type);

    // What is kept of a token is what it says.
    let said = claims(FIXED_ISSUER, 0, keycloaks.life).len();
    samples.add_exact("memory", "bytes of claims", said as f64);

    let quick_to_sign = Tokens::new(Algorithm::EdDsa)?;
    println!("{many} tokens, {LIMIT} bytes for them");
    let held = quick_to_sign.held(&runtime, authenticated, LIMIT, many)?;
    samples.add_exact("memory", "bytes held", held as f64);
    samples.add_exact("memory", "limit", LIMIT as f64);
    samples.add_exact("memory", "tokens seen", many as f64);
    samples.write("memory")
}

/// A route whose handler takes no claims: what is kept is what was verified.
fn verified(layer: AuthenticateLayer) -> Router {
    bare_route().layer(layer)
}

type Route = fn(AuthenticateLayer) -> Router;

/// Tokens of one key, one as large as the other.
struct Tokens {
    signer: Signer,
    life: Life,
}

impl Tokens {
    fn new(algorithm: Algorithm) -> Result<Self, Failure> {
        let signer = Signer::generate(algorithm)?;
        let life = Life::now();
        Ok(Self { signer, life })
    }

    /// How many more bytes are allocated when so many of them were seen.
    fn held(
        &self,
        runtime: &Runtime,
        route: Route,
        limit: u64,
        count: u64,
    ) -> Result<i64, Failure> {
        let mut router = self.router(route, limit)?;
        // What there is once stands already.
        self.seen(runtime, &mut router, 0..10)?;
        let mut outcome = Ok(());
        let held = measure(|| outcome = self.seen(runtime, &mut router, 10..10 + count));
        outcome.map(|()| held.bytes_current)
    }

    fn router(&self, route: Route, limit: u64) -> Result<Router, ConfigError> {
        let issuer = Issuer::builder(FIXED_ISSUER)?
            .audience(AUDIENCE)
            .keys(key_set(&[&self.signer]));
        let issuer = with_token_cache(issuer, limit).build()?;
        Ok(route(AuthenticateLayer::new(issuer.jwt())))
    }

    fn seen(
        &self,
        runtime: &Runtime,
        router: &mut Router,
        numbers: impl Iterator<Item = u64>,
    ) -> Result<(), Failure> {
        for number in numbers {
            let token = signed(&self.signer, &claims(FIXED_ISSUER, number, self.life))?;
            let Ok(response) = runtime.block_on(router.call(request::<Body>(&token)));
            if !response.status().is_success() {
                return Err(format!("token {number} is answered {}", response.status()).into());
            }
        }
        Ok(())
    }
}
