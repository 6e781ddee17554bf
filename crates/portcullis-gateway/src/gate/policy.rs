use http::{HeaderName, header};

use crate::{
    forwarded::{GatewayKind, Hosts, TrustedPeers},
    identity::IdentityHeaders,
    rules::Rules,
};

/// Everything that a file of rules decides, and that changes all at once when it is read again.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Policy {
    /// Which gateway asks.
    pub gateway: GatewayKind,
    /// The hosts that the rules are for; `None` for all.
    pub hosts: Option<Hosts>,
    /// Who is believed.
    pub trusted_peers: TrustedPeers,
    /// Who may send what.
    pub rules: Rules,
    /// What upstreams are told of the caller.
    pub identity: IdentityHeaders,
}

impl Policy {
    /// Rules for a gateway of this kind on this machine, for all hosts, with the default identity
    /// headers.
    #[must_use]
    pub fn new(gateway: GatewayKind, rules: Rules) -> Self {
        Self {
            gateway,
            hosts: None,
            trusted_peers: TrustedPeers::default(),
            rules,
            identity: IdentityHeaders::default(),
        }
    }

    /// The headers that a gateway has to overwrite with what the answer says, also with nothing:
    /// `Authorization` and those of the identity.
    pub fn owned_headers(&self) -> impl Iterator<Item = HeaderName> {
        let identity = self.identity.names().cloned();
        [header::AUTHORIZATION].into_iter().chain(identity)
    }
}
