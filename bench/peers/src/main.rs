//! One run: the same tokens through us and through every peer, side by side.

mod asked;
mod first_sight;
mod known_token;

use portcullis_bench::{Algorithm, AuthorizationServer, Effort, Failure, Samples, Signer, key_set};
use tokio::runtime::{Builder, Runtime};

fn main() -> Result<(), Failure> {
    let signers = Algorithm::ALL.map(Signer::generate);
    let signers: Vec<Signer> = signers.into_iter().collect::<Result<_, _>>()?;
    let keys = key_set(&signers.iter().collect::<Vec<_>>());
    let run = Run {
        server: AuthorizationServer::start(keys.clone())?,
        keys,
        signers,
        runtime: Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?,
        effort: Effort::asked(),
    };
    let mut samples = Samples::default();
    known_token::measure(&run, &mut samples)?;
    for signer in &run.signers {
        first_sight::measure(&run, signer, &mut samples)?;
    }
    asked::introspection_hit(&run, &mut samples)?;
    asked::require_active(&run, &mut samples)?;
    samples.write("peers")
}

/// What all measurements stand on.
struct Run {
    server: AuthorizationServer,
    keys: String,
    signers: Vec<Signer>,
    runtime: Runtime,
    effort: Effort,
}

impl Run {
    /// What signs the tokens that are seen again and again: Keycloak's way unless told otherwise.
    fn usual(&self) -> Result<&Signer, Failure> {
        let is_usual = |signer: &&Signer| signer.algorithm() == Algorithm::Rs256;
        Ok(self.signers.iter().find(is_usual).ok_or("no RSA key")?)
    }
}
