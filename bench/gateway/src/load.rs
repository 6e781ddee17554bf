use std::time::{Duration, Instant};

use portcullis_bench::Failure;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::sleep,
};

const CONNECTIONS: usize = 32;
const OK: &[u8] = b"HTTP/1.1 200";
/// The end of every answer that is meant.
const BODY: &[u8] = b"served";

/// Requests per second for `GET` of a path, over several connections at once, one request at a time on
/// each.
pub(crate) async fn under_load(
    port: u16,
    path: &str,
    token: &str,
    turn: Duration,
) -> Result<f64, Failure> {
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: api.example.com\r\naccept: application/json\r\n\
         user-agent: load\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    settled(port, request.as_bytes()).await?;
    let mut connections = JoinSet::new();
    let began = Instant::now();
    for _ in 0..CONNECTIONS {
        let stream = connect(port).await?;
        connections.spawn(busy(stream, request.clone().into_bytes(), began + turn));
    }
    let mut answered = 0;
    while let Some(count) = connections.join_next().await {
        answered += count??;
    }
    Ok(answered as f64 / began.elapsed().as_secs_f64())
}

/// Some time for what is fetched at the start.
async fn settled(port: u16, request: &[u8]) -> Result<(), Failure> {
    let mut last = Ok(());
    for _ in 0..60 {
        last = answer(&mut connect(port).await?, request).await;
        if last.is_ok() {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    last
}

async fn connect(port: u16) -> Result<TcpStream, Failure> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn busy(mut stream: TcpStream, request: Vec<u8>, until: Instant) -> Result<u64, Failure> {
    let mut count = 0;
    while Instant::now() < until {
        answer(&mut stream, &request).await?;
        count += 1;
    }
    Ok(count)
}

/// One answer, which must be 200.
async fn answer(stream: &mut TcpStream, request: &[u8]) -> Result<(), Failure> {
    stream.write_all(request).await?;
    let mut answer = Vec::with_capacity(512);
    loop {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err("an answer breaks off".into());
        }
        if answer.len() >= OK.len() && !answer.starts_with(OK) {
            let line = answer.split(|&byte| byte == b'\r').next();
            return Err(String::from_utf8_lossy(line.unwrap_or_default()).into());
        }
        if answer.ends_with(BODY) {
            return Ok(());
        }
    }
}
