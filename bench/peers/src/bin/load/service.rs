use std::{
    env,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use portcullis_bench::{AuthorizationServer, Failure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::sleep,
};

const CONNECTIONS: usize = 32;

/// A service in a process of its own, until it is dropped.
pub(crate) struct Service {
    process: Child,
    address: SocketAddr,
}

impl Service {
    pub(crate) fn start(way: &str, server: &AuthorizationServer) -> Result<Self, Failure> {
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
    pub(crate) async fn settled(&self, request: &[u8]) -> Result<(), Failure> {
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
    pub(crate) async fn under_load(&self, request: &[u8], turn: Duration) -> Result<f64, Failure> {
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
