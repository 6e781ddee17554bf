//! Requests per second over HTTP on loopback: the route without authentication and with it, the
//! same bytes to both, by turns. The services run in processes of their own, one thread each; this
//! one is the client.

use std::{
    env,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use portcullis_bench::{
    Algorithm, AuthorizationServer, Failure, Life, OPAQUE_TOKEN, Rounds, Samples, Signer, claims,
    is_quick, key_set, median, signed,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Builder,
    task::JoinSet,
    time::sleep,
};

/// The ways that a service may go, and whether their token is opaque.
const WAYS: [(&str, bool); 5] = [
    ("local", false),
    ("hybrid", false),
    ("introspected", true),
    ("tower-oauth2-resource-server", false),
    ("oauth-resource-server", false),
];

const CONNECTIONS: usize = 32;

fn main() -> Result<(), Failure> {
    let (pairs, turn) = if is_quick() {
        (3, Duration::from_millis(200))
    } else {
        (11, Duration::from_millis(1500))
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

/// A service in a process of its own, until it is dropped.
struct Service {
    process: Child,
    address: SocketAddr,
}

impl Service {
    fn start(way: &str, server: &AuthorizationServer) -> Result<Self, Failure> {
        let program = env::current_exe()?.with_file_name("serve");
        let mut process = Command::new(program)
            .args([way, &server.address.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let said = process.stdout.take().ok_or("it says nothing")?;
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line)?;
        let address = line.trim().parse()?;
        Ok(Self { process, address })
    }

    /// Some time for what it fetches when it starts.
    async fn settled(&self, request: &[u8]) -> Result<(), Failure> {
        let mut last = self.answers(request).await;
        for _ in 0..40 {
            if last.is_ok() {
                break;
            }
            sleep(Duration::from_millis(50)).await;
            last = self.answers(request).await;
        }
        last.map(|_| ())
    }

    /// How long its answer is, which must be 200.
    async fn answers(&self, request: &[u8]) -> Result<usize, Failure> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.write_all(request).await?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut answer).await? == 0 {
                return Err("it breaks off".into());
            }
        }
        if answer.starts_with(OK) {
            Ok(answer.len())
        } else {
            let line = answer.split(|&byte| byte == b'\r').next();
            Err(String::from_utf8_lossy(line.unwrap_or_default()).into())
        }
    }

    /// Requests per second, over several connections at once, one request at a time on each.
    async fn under_load(&self, request: &[u8], turn: Duration) -> Result<f64, Failure> {
        let length = self.answers(request).await?;
        let mut connections = JoinSet::new();
        let began = Instant::now();
        for _ in 0..CONNECTIONS {
            let stream = TcpStream::connect(self.address).await?;
            stream.set_nodelay(true)?;
            let request = request.to_vec();
            connections.spawn(busy(stream, request, length, began + turn));
        }
        let mut answered = 0;
        while let Some(count) = connections.join_next().await {
            answered += count??;
        }
        Ok(answered as f64 / began.elapsed().as_secs_f64())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It ends with its input; this one waits so that it is in nobody's way.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

const OK: &[u8] = b"HTTP/1.1 200";

async fn busy(
    mut stream: TcpStream,
    request: Vec<u8>,
    length: usize,
    until: Instant,
) -> Result<u64, Failure> {
    let mut answer = vec![0; length];
    let mut count = 0;
    while Instant::now() < until {
        stream.write_all(&request).await?;
        stream.read_exact(&mut answer).await?;
        if !answer.starts_with(OK) {
            return Err("an answer is not 200".into());
        }
        count += 1;
    }
    Ok(count)
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
