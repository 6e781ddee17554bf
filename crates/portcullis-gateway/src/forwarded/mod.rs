//! What a gateway says of the request that it asks about, and which gateways are believed.

mod asked;
mod hosts;
mod kind;
mod peers;

pub use self::{
    asked::{Asked, AskedRefusal},
    hosts::{Hosts, HostsError},
    kind::{AskedHeaders, GatewayKind, Protocol},
    peers::{Network, NetworkError, Peer, TrustedPeers},
};
