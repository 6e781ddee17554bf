use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de::Error};
use toml::Spanned;

use super::settings::{
    DpopSettings, ForwardAuthSettings, IssuerSettings, ManagementSettings, NoticeSettings,
    TlsSettings,
};
use crate::{
    config::ListenAddress,
    forwarded::{GatewayKind, Hosts, TrustedPeers},
    identity::Source,
    rules::{Methods, PathPattern},
    upstream::UpstreamToken,
};

/// The file, table by table. What is not known is refused: a name that is mistyped must not make a
/// rule laxer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) forward_auth: ForwardAuthTable,
    pub(super) management: Option<ManagementSettings>,
    pub(super) notices: Option<NoticeSettings>,
    pub(super) issuer: Spanned<IssuerSettings>,
    pub(super) dpop: Option<DpopSettings>,
    pub(super) identity: Option<BTreeMap<Spanned<String>, Source>>,
    #[serde(default)]
    pub(super) upstreams: BTreeMap<String, Spanned<UpstreamTable>>,
    #[serde(default)]
    pub(super) rules: Vec<Spanned<RuleTable>>,
}

#[derive(Deserialize)]
#[serde(from = "ForwardAuthFields")]
pub(super) struct ForwardAuthTable {
    pub(super) gateway: Spanned<GatewayKind>,
    pub(super) hosts: Option<Spanned<Hosts>>,
    pub(super) trusted_peers: Option<Spanned<TrustedPeers>>,
    pub(super) settings: ForwardAuthSettings,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForwardAuthFields {
    gateway: Spanned<GatewayKind>,
    listen: ListenAddress,
    tls: Option<TlsSettings>,
    realm: Option<String>,
    trusted_peers: Option<Spanned<TrustedPeers>>,
    hosts: Option<Spanned<Hosts>>,
}

impl From<ForwardAuthFields> for ForwardAuthTable {
    fn from(fields: ForwardAuthFields) -> Self {
        Self {
            settings: ForwardAuthSettings {
                gateway: *fields.gateway.get_ref(),
                listen: fields.listen,
                tls: fields.tls,
                realm: fields.realm,
            },
            gateway: fields.gateway,
            hosts: fields.hosts,
            trusted_peers: fields.trusted_peers,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UpstreamTable {
    pub(super) authorization: UpstreamToken,
    pub(super) hosts: Option<Spanned<Hosts>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleTable {
    pub(super) path: PathPattern,
    #[serde(default)]
    pub(super) methods: Methods,
    #[serde(default)]
    pub(super) public: bool,
    #[serde(default)]
    pub(super) live: bool,
    pub(super) live_within_seconds: Option<u64>,
    #[serde(default, deserialize_with = "some")]
    pub(super) scopes: Vec<String>,
    #[serde(default, deserialize_with = "some")]
    pub(super) roles: Vec<String>,
    #[serde(default, deserialize_with = "some_of_clients")]
    pub(super) client_roles: BTreeMap<String, Vec<String>>,
    pub(super) upstream: Option<String>,
}

impl RuleTable {
    /// Whether it asks for anything of a token.
    pub(super) fn asks_for_anything(&self) -> bool {
        self.live
            || self.live_within_seconds.is_some()
            || !self.scopes.is_empty()
            || !self.roles.is_empty()
            || !self.client_roles.is_empty()
    }
}

const EMPTY: &str = "the list is empty, and would ask for nothing: leave it out if that is meant";

/// A list with something in it: an empty one looks like a demand and is none.
pub(super) fn some<'de, D: Deserializer<'de>>(list: D) -> Result<Vec<String>, D::Error> {
    let list = Vec::deserialize(list)?;
    if list.is_empty() {
        return Err(D::Error::custom(EMPTY));
    }
    Ok(list)
}

type OfClients = BTreeMap<String, Vec<String>>;

fn some_of_clients<'de, D: Deserializer<'de>>(lists: D) -> Result<OfClients, D::Error> {
    let lists = BTreeMap::deserialize(lists)?;
    if lists.is_empty() || lists.values().any(Vec::is_empty) {
        return Err(D::Error::custom(EMPTY));
    }
    Ok(lists)
}
