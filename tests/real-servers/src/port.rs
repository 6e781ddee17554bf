use std::{
    io,
    net::{Ipv4Addr, TcpListener},
    process,
    sync::atomic::{AtomicU16, Ordering},
};

use crate::SuiteError;

/// Below the range from which systems take ports for outgoing connections: a server that is
/// started again finds its port free.
const FIRST: u16 = 20_000;
const COUNT: u16 = 10_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A loopback port nobody listens on, another one each time.
///
/// # Errors
/// When all of them are taken.
pub fn free_port() -> Result<u16, SuiteError> {
    let start = u16::try_from(process::id().wrapping_mul(37) % u32::from(COUNT)).unwrap_or(0);
    for _ in 0..COUNT {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + start.wrapping_add(step) % COUNT;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(SuiteError::File {
        doing: "looking for a free port on 127.0.0.1".to_owned(),
        source: io::ErrorKind::AddrInUse.into(),
    })
}
