//! Requests per second over HTTP on loopback: the route without authentication and with it, the
//! same bytes to both, by turns. The services run in processes of their own, one thread each; this
//! one is the client.

mod service;

use std::time::Duration;

use portcullis_bench::{
    Algorithm, AuthorizationServer, Failure, Life, OPAQUE_TOKEN, Rounds, Samples, Signer, claims,
    is_quick, key_set, median, signed,
};
use tokio::runtime::Builder;

use self::service::Service;

/// The ways that a service may go, and whether their token is opaque.
const WAYS: [(&str, bool); 5] = [
    ("local", false),
    ("hybrid", false),
    ("introspected", true),
    ("tower-oauth2-resource-server", false),
    ("oauth-resource-server", false),
];

fn main() -> Result<(), Failure> {
    let (pairs, turn) = if is_quick() {
        (3, Duration::from_millis(200))
    } else {
        (41, Duration::from_millis(400))
    };
    let signer = Signer::generate(Algorithm::Rs256)?;
    let server = AuthorizationServer::start(key_set(&[&signer]))?;
    let jwt = signed(&signer, &claims(&server.issuer(), 1, Life::now()))?;
    let client = Builder::new_current_thread().enable_all().build()?;
    let mut samples = Samples::default();
    let bare = Service::start("bare", &server)?;
    for (way, is_opaque) in WAYS {
        let request = bytes_with(if is_opaque { OPAQUE_TOKEN } else { &jwt });
        let measured = Service::start(way, &server).and_then(|service| {
            client.block_on(service.settled(&request))?;
            let pairs = in_pairs(&bare, &service, &request, pairs, turn);
            client.block_on(pairs)
        });
        match measured {
            Ok(rounds) => {
                let middle = |case| rounds.get(case).and_then(|rounds| median(rounds));
                let shown = |case| middle(case).unwrap_or_default();
                println!("{way}: {:.0} of {:.0}", shown("with"), shown("bare"));
                samples.add(&format!("http {way}"), rounds);
            }
            Err(why) => samples.fail(way, &why),
        }
    }
    samples.write("load")
}

/// The same bytes whoever gets them.
fn bytes_with(token: &str) -> Vec<u8> {
    let request = format!(
        "GET /orders HTTP/1.1\r\nhost: api.example.com\r\naccept: application/json\r\n\
         user-agent: load\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    request.into_bytes()
}

/// One turn of each in every pair, the other one first each time.
async fn in_pairs(
    bare: &Service,
    with: &Service,
    request: &[u8],
    pairs: usize,
    turn: Duration,
) -> Result<Rounds, Failure> {
    let mut rounds = Rounds::new();
    for pair in 0..pairs {
        let mut turns = [("bare", bare), ("with", with)];
        if pair % 2 == 1 {
            turns.reverse();
        }
        for (name, service) in turns {
            let rate = service.under_load(request, turn).await?;
            rounds.entry(name.into()).or_default().push(rate);
        }
    }
    Ok(rounds)
}
