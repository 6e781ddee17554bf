//! Requests per second through a real nginx, with `auth_request` and without it, by turns: the same
//! nginx, the same upstream, the same bytes. nginx and the forward-auth server run in processes of
//! their own; this one is the client.

mod gateway;
mod load;
mod nginx;

use std::{env, path::Path, time::Duration};

use portcullis_bench::{
    Algorithm, AuthorizationServer, Failure, Life, Rounds, Samples, Signer, claims, is_quick,
    key_set, median, signed,
};
use tokio::runtime::Builder;

use self::{gateway::Gateway, nginx::Nginx};

fn main() -> Result<(), Failure> {
    if let Some(file) = env::var_os(gateway::SERVE) {
        return gateway::serve(Path::new(&file));
    }
    let mut samples = Samples::default();
    match measure() {
        Ok(rounds) => {
            let middle = |case| rounds.get(case).and_then(|rounds| median(rounds));
            let shown = |case| middle(case).unwrap_or_default();
            let (with, bare) = (shown("auth_request"), shown("bare"));
            println!("nginx with auth_request: {with:.0} of {bare:.0}");
            samples.add("nginx", rounds);
        }
        Err(why) => samples.fail("portcullis-gateway behind nginx", &why),
    }
    samples.write("gateway")
}

fn measure() -> Result<Rounds, Failure> {
    let (pairs, turn) = if is_quick() {
        (3, Duration::from_millis(200))
    } else {
        (41, Duration::from_millis(400))
    };
    let signer = Signer::generate(Algorithm::Rs256)?;
    let server = AuthorizationServer::start(key_set(&[&signer]))?;
    let token = signed(&signer, &claims(&server.issuer(), 1, Life::now()))?;
    let gateway = Gateway::start(&server.issuer())?;
    let nginx = Nginx::start(&gateway)?;
    let client = Builder::new_current_thread().enable_all().build()?;
    client.block_on(async {
        let mut rounds = Rounds::new();
        for pair in 0..pairs {
            let mut turns = [("auth_request", "/guarded/1"), ("bare", "/bare/1")];
            if pair % 2 == 1 {
                turns.reverse();
            }
            for (case, path) in turns {
                let rate = load::under_load(nginx.port(), path, &token, turn).await?;
                rounds.entry(case.into()).or_default().push(rate);
            }
        }
        Ok(rounds)
    })
}
