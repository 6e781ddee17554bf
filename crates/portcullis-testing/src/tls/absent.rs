//! Without the feature no server has an authority.

use std::io;

use bytes::Bytes;
use tokio::net::TcpStream;

#[derive(Debug)]
pub(crate) enum Authority {}

impl Authority {
    #[expect(
        clippy::unused_async,
        reason = "the authority of the feature shakes hands"
    )]
    pub(crate) async fn accept(&self, _: TcpStream) -> io::Result<(TcpStream, Option<Bytes>)> {
        match *self {}
    }
}
