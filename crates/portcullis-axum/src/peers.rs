use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use portcullis::RequestView;

/// Whether a request comes straight from one of these addresses, by who is connected: for
/// `CertificateSource::client_cert_header` and others that trust a proxy.
///
/// The server has to be made with `into_make_service_with_connect_info::<SocketAddr>()`; without
/// it nobody is trusted.
pub fn from_addresses(
    addresses: impl IntoIterator<Item = IpAddr>,
) -> impl Fn(RequestView<'_>) -> bool + Send + Sync + 'static {
    let addresses: Vec<IpAddr> = addresses
        .into_iter()
        .map(|own| own.to_canonical())
        .collect();
    move |request| {
        let peer = request.extensions.get::<ConnectInfo<SocketAddr>>();
        peer.is_some_and(|ConnectInfo(peer)| addresses.contains(&peer.ip().to_canonical()))
    }
}
