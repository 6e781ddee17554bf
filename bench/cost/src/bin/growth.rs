//! What a million tokens, a million revocations and a hundred issuers change about a request.

use std::{hint::black_box, sync::Arc, time::Instant};

use axum::{Router, body::Body};
use portcullis::{AuthenticateLayer, ConfigError, Issuer, MultiIssuerVerifier};
use portcullis_bench::{
    AUDIENCE, Algorithm, Cases, Effort, FIXED_ISSUER, Failure, Flood, Life, Numbers, Revocations,
    Samples, Signer, authenticated, claims, is_quick, key_set, probe, requests, signed,
    with_token_cache,
};
use tokio::{runtime::Runtime, sync::Notify};

fn main() -> Result<(), Failure> {
    let many = if is_quick() { 2_000 } else { 1_000_000 };
    let grounds = Grounds {
        // The quickest to sign and as good as any other: a known token's signature is not looked at.
        signer: Signer::generate(Algorithm::EdDsa)?,
        life: Life::now(),
        runtime: tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?,
        effort: Effort::asked(),
    };
    let mut samples = Samples::default();
    grounds.tokens_and_revocations(many, &mut samples)?;
    grounds.issuers(&mut samples)?;
    look_up(many, grounds.effort, &mut samples);
    samples.add_exact("growth-size", "many", many as f64);
    samples.write("growth")
}

/// Enough for a million of them.
const CACHE: u64 = 16 << 30;

struct Grounds {
    signer: Signer,
    life: Life,
    runtime: Runtime,
    effort: Effort,
}

impl Grounds {
    /// The same request, with any of so many tokens, among so many things that are over.
    fn tokens_and_revocations(&self, many: usize, samples: &mut Samples) -> Result<(), Failure> {
        println!("{many} tokens");
        let tokens = self.tokens(FIXED_ISSUER, many)?;
        let mut cases = Cases::default();
        for (name, known, over) in [
            ("1 token, 1 revocation", 1, 1),
            ("1,000 tokens, 1 revocation", 1000, 1),
            ("many tokens, 1 revocation", many, 1),
            ("1 token, many revocations", 1, many),
            ("many tokens, many revocations", many, many),
        ] {
            println!("{name}");
            let known = tokens.get(..known).ok_or("there are not so many tokens")?;
            let router = self.among(over, known)?;
            cases.add(name, self.requests(router, known));
        }
        samples.add("growth", cases.in_turn(self.effort));
        Ok(())
    }

    /// The same request, with any of a thousand tokens of so many issuers.
    fn issuers(&self, samples: &mut Samples) -> Result<(), Failure> {
        const TOKENS: usize = 1000;
        let mut worlds = Vec::new();
        for count in [1, 10, 100] {
            println!("{count} issuers");
            let mut verifier = MultiIssuerVerifier::builder();
            let mut tokens = Vec::new();
            for number in 0..count {
                let name = format!("https://id.example.com/realms/{number:03}");
                verifier = verifier.local(&self.issuer(&name)?.build()?);
                tokens.extend(self.tokens(&name, TOKENS / count)?);
            }
            let mut router = authenticated(AuthenticateLayer::new(verifier.build()?));
            self.seen(&mut router, &tokens)?;
            worlds.push((count, router, tokens));
        }
        let mut cases = Cases::default();
        for (count, router, tokens) in &worlds {
            cases.add(count.to_string(), self.requests(router.clone(), tokens));
        }
        samples.add("issuers", cases.in_turn(self.effort));
        Ok(())
    }

    fn tokens(&self, issuer: &str, count: usize) -> Result<Vec<String>, Failure> {
        let tokens = (0..count as u64).map(|number| {
            let mut token = signed(&self.signer, &claims(issuer, number, self.life))?;
            token.shrink_to_fit();
            Ok(token)
        });
        tokens.collect()
    }

    fn issuer(&self, name: &str) -> Result<portcullis::IssuerBuilder, ConfigError> {
        let issuer = Issuer::builder(name)?
            .audience(AUDIENCE)
            .keys(key_set(&[&self.signer]));
        Ok(with_token_cache(issuer, CACHE))
    }

    /// The route, where so much is over and all these tokens were seen.
    fn among(&self, over: usize, tokens: &[String]) -> Result<Router, Failure> {
        let told = Arc::new(Notify::new());
        let issuer = self
            .issuer(FIXED_ISSUER)?
            .max_revocations(over.max(1))
            .revocation_feed(Flood::of(over, &told))
            .build()?;
        let mut router = authenticated(AuthenticateLayer::new(issuer.jwt()));
        let first = tokens.get(..1).unwrap_or_default();
        // The first request begins the feed.
        self.seen(&mut router, first)?;
        self.runtime.block_on(told.notified());
        self.seen(&mut router, tokens)?;
        Ok(router)
    }

    fn seen(&self, router: &mut Router, tokens: &[String]) -> Result<(), Failure> {
        self.runtime.block_on(async {
            for token in tokens {
                probe::<Body, _, _>(router, token).await?;
            }
            Ok(())
        })
    }

    fn requests<'a>(
        &'a self,
        router: Router,
        tokens: &'a [String],
    ) -> impl FnMut(usize) -> std::time::Duration + 'a {
        let mut numbers = Numbers::seeded(7);
        let any = move || {
            let token = tokens.get(numbers.below(tokens.len()));
            token.map(String::as_str).unwrap_or_default()
        };
        requests::<Body, _, _>(&self.runtime, router, any)
    }
}

/// The look into the set of what is over, alone.
fn look_up(many: usize, effort: Effort, samples: &mut Samples) {
    println!("look-ups");
    let (one, all) = (Revocations::with(1), Revocations::with(many));
    let now = std::time::SystemTime::now().into();
    let mut cases = Cases::default();
    for (name, revocations) in [("1 revocation", &one), ("many revocations", &all)] {
        let mut tokens = revocations.tokens.iter().cycle();
        cases.add(name, move |times| {
            let began = Instant::now();
            for token in tokens.by_ref().take(times) {
                let _ = black_box(revocations.set.look_up_at(black_box(token), now));
            }
            began.elapsed()
        });
    }
    samples.add("look-up", cases.in_turn(effort));
    let bytes = all.set.bytes() as f64 / all.set.len().max(1) as f64;
    samples.add_exact("memory-per-revocation", "bytes", bytes);
}
