use std::{net::Ipv4Addr, time::Duration};

use fastrand::Rng;
use http::StatusCode;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use super::token::Token;

/// Longer than the service bears with anybody.
const LIMIT: Duration = Duration::from_secs(30);

/// The headers `{"alg":"RS256","kid":"kid-0"}` and so on.
const UNKNOWN_KEYS: [&str; 3] = [
    "eyJhbGciOiJSUzI1NiIsImtpZCI6ImtpZC0wIn0",
    "eyJhbGciOiJSUzI1NiIsImtpZCI6ImtpZC0xIn0",
    "eyJhbGciOiJSUzI1NiIsImtpZCI6ImtpZC0yIn0",
];

/// What nobody in his right mind sends.
#[derive(Debug)]
pub(super) struct Garbage {
    name: &'static str,
    bytes: Vec<u8>,
    /// How long between one byte and the next.
    pause: Option<Duration>,
}

/// One of all kinds.
pub(super) fn any(rng: &mut Rng, token: Option<&Token>) -> Garbage {
    let path = rng
        .choice(["local", "hybrid", "cached"])
        .unwrap_or_default();
    let noise = |rng: &mut Rng, length: usize| -> String {
        (0..length).map(|_| rng.alphanumeric()).collect()
    };
    let text = token.map_or("", Token::text);
    let mut parts = text.split('.');
    let header = parts.next().unwrap_or_default();
    let payload = parts.next().unwrap_or_default();
    let with = |headers: &str| {
        format!("GET /{path} HTTP/1.1\r\nHost: it\r\nConnection: close\r\n{headers}\r\n")
    };
    let bearer = |token: &str| with(&format!("Authorization: Bearer {token}\r\n"));
    let (name, text, pause) = match rng.u8(0..12) {
        0 => ("no token", with(""), None),
        1 => {
            let twice = "Authorization: Bearer a\r\n".repeat(2);
            ("two tokens", with(&twice), None)
        }
        2 => ("not Bearer", with("Authorization: Basic YTpi\r\n"), None),
        3 => {
            let opaque = noise(rng, 40);
            ("a token that nobody issued", bearer(&opaque), None)
        }
        4 => {
            // {"alg":"none"}
            let unsigned = format!("eyJhbGciOiJub25lIn0.{payload}.");
            ("a token without a signature", bearer(&unsigned), None)
        }
        5 => {
            let signature = noise(rng, 342);
            let forged = format!("{header}.{payload}.{signature}");
            ("a token with another signature", bearer(&forged), None)
        }
        6 => {
            let unknown = rng.choice(UNKNOWN_KEYS).unwrap_or_default();
            let signature = noise(rng, 342);
            let token = format!("{unknown}.{payload}.{signature}");
            ("a token of an unknown key", bearer(&token), None)
        }
        7 => {
            let length = rng.usize(16_000..200_000);
            let giant = noise(rng, length);
            ("a giant token", bearer(&giant), None)
        }
        8 => {
            let many = "X-Many: y\r\n".repeat(rng.usize(90..400));
            ("many headers", with(&many), None)
        }
        9 => ("no HTTP", format!("{}\r\n\r\n", noise(rng, 200)), None),
        10 => {
            let half = format!("GET /{path} HTTP/1.1\r\nAuthorization: Bea");
            ("half a head", half, None)
        }
        _ => {
            let slow = with("Authorization: Bearer slow\r\n");
            ("a slow client", slow, Some(Duration::from_millis(50)))
        }
    };
    Garbage {
        name,
        bytes: text.into_bytes(),
        pause,
    }
}

impl Garbage {
    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    /// The status that is answered, if there is an answer.
    pub(super) async fn send(&self, port: u16) -> Option<StatusCode> {
        timeout(LIMIT, self.exchanged(port)).await.ok().flatten()
    }

    async fn exchanged(&self, port: u16) -> Option<StatusCode> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.ok()?;
        match self.pause {
            None => {
                // Who is cut off in the middle may have been answered all the same.
                let _ = stream.write_all(&self.bytes).await;
            }
            Some(pause) => {
                for byte in &self.bytes {
                    if stream.write_all(&[*byte]).await.is_err() {
                        break;
                    }
                    sleep(pause).await;
                }
            }
        }
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.ok()?;
        let status = answer.strip_prefix(b"HTTP/1.1 ")?;
        StatusCode::from_bytes(status).ok()
    }
}
