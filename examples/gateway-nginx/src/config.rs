//! What is settled before the start.

use std::{
    env,
    error::Error,
    ffi::OsString,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

/// What the program is started with.
#[derive(Debug)]
pub(crate) struct Config {
    /// The folder with `gateway.toml` and `nginx.conf`.
    pub(crate) folder: PathBuf,
    /// Where nginx listens.
    pub(crate) listen: SocketAddr,
    /// Where the service is; `None` for the stand-in.
    pub(crate) upstream: Option<SocketAddr>,
}

impl Config {
    /// Where nginx listens unless set.
    const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8000);

    /// Of the command line and the environment.
    ///
    /// # Errors
    /// When an address is none, or there is more than one argument.
    pub(crate) fn of_process() -> Result<Self, Box<dyn Error>> {
        let mut arguments = env::args_os().skip(1);
        let folder = arguments.next().unwrap_or_else(|| OsString::from("."));
        if arguments.next().is_some() {
            return Err("give one folder, with gateway.toml and nginx.conf in it, or none".into());
        }
        Ok(Self {
            folder: folder.into(),
            listen: address("LISTEN")?.unwrap_or(Self::LISTEN),
            upstream: address("UPSTREAM")?,
        })
    }
}

fn address(variable: &str) -> Result<Option<SocketAddr>, String> {
    let Some(value) = env::var_os(variable) else {
        return Ok(None);
    };
    let address = value.to_str().and_then(|text| text.parse().ok());
    address.map(Some).ok_or_else(|| {
        format!("{variable}={value:?} is no address and port, such as 127.0.0.1:8000")
    })
}
