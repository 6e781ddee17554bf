use std::{net::SocketAddr, path::PathBuf};

use serde::Deserialize;

use super::{ListenAddress, file::some};
use crate::forwarded::GatewayKind;

/// What is fixed while the gateway runs. What is known of tokens and of their end lives with the
/// issuer: to read another one in would be to forget it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// Where gateways ask.
    pub forward_auth: ForwardAuthSettings,
    /// Where those who run the gateway look after it.
    pub management: Option<ManagementSettings>,
    /// Where the issuer tells of the end of sessions.
    pub notices: Option<NoticeSettings>,
    /// Who vouches for tokens.
    pub issuer: IssuerSettings,
    /// How proofs of possession are judged; where they are not, tokens that are bound to a key are
    /// refused.
    pub dpop: Option<DpopSettings>,
}

/// `[forward_auth]`
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ForwardAuthSettings {
    /// Which gateway asks. What is printed for one is not set up for another, which would pass on what
    /// clients write where this one is believed.
    pub gateway: GatewayKind,
    /// Where it listens.
    pub listen: ListenAddress,
    /// Gateways come over TLS, with a certificate.
    pub tls: Option<TlsSettings>,
    /// The name of the protection space in challenges.
    pub realm: Option<String>,
}

/// `[forward_auth.tls]`: mutual TLS.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TlsSettings {
    /// The certificate of the forward-auth server and what leads to its authority, in PEM.
    pub certificate_file: PathBuf,
    /// Its key, in PEM.
    pub key_file: PathBuf,
    /// The authority of the gateways, in PEM: nobody else gets in.
    pub client_authority_file: PathBuf,
}

/// `[management]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ManagementSettings {
    /// Where it listens: on an address that nobody else reaches.
    pub listen: SocketAddr,
}

/// `[notices]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct NoticeSettings {
    /// Where it listens: on an address that the issuer reaches.
    pub listen: SocketAddr,
}

/// `[issuer]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct IssuerSettings {
    /// The issuer, as it stands in `iss`.
    pub url: String,
    /// What kind of server it is.
    #[serde(default)]
    pub kind: IssuerKind,
    /// What stands in `aud` of tokens for what is behind the gateway; one of these.
    pub audience: Vec<String>,
    /// The clients whose tokens are accepted; empty for all, which is not written as an empty list.
    #[serde(default, deserialize_with = "some")]
    pub authorized_parties: Vec<String>,
    /// Where it is reached from here, if not at its own address.
    pub fetch_from: Option<String>,
    /// The authority of its certificate, in PEM, if not one of the system's.
    pub root_certificate_file: Option<PathBuf>,
    /// As whom it is asked about tokens.
    pub client_id: Option<String>,
    /// The file that the secret stands in; a line feed at its end is none of it.
    pub client_secret_file: Option<PathBuf>,
    /// The variable that the secret stands in.
    pub client_secret_env: Option<String>,
    /// How tokens are verified where a rule says nothing of it.
    pub verify: Option<Verification>,
    /// Whether the full JWT is asked for, for upstreams that take it.
    #[serde(default)]
    pub phantom_token: bool,
    /// A token in use is asked about once in so many seconds.
    pub recheck_every_seconds: Option<u64>,
    /// The clients that hold the sessions, to which notices of their end are addressed.
    #[serde(default, deserialize_with = "some")]
    pub logout_audiences: Vec<String>,
    /// Plain http to anywhere: keys and answers can be forged on the way.
    #[serde(default)]
    pub danger_allow_http: bool,
}

/// What kind of server an issuer is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum IssuerKind {
    /// Any OAuth 2.0 server whose access tokens are those of RFC 9068, or opaque.
    #[default]
    Oauth,
    /// A realm of Keycloak's.
    Keycloak,
}

/// How tokens are verified where a rule says nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Verification {
    /// Here, by the keys of the issuer; it is never asked.
    Local,
    /// Here, and it is asked about what is opaque, lightweight, or asked for live.
    Hybrid,
    /// It is asked about each, and the answer kept for a moment.
    Introspection,
}

/// `[dpop]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DpopSettings {
    /// The addresses that clients know the gateway under, such as `https://api.example.com`.
    pub external_urls: Vec<String>,
    /// Whether proofs need a nonce of this process.
    #[serde(default)]
    pub nonces: bool,
}

impl ForwardAuthSettings {
    /// Whether a gateway is known by its address: otherwise by its certificate, or by the socket that
    /// it may open.
    #[must_use]
    pub fn believes_addresses(&self) -> bool {
        self.tls.is_none() && matches!(self.listen, ListenAddress::Tcp(_))
    }
}

impl IssuerSettings {
    /// How tokens are verified: `hybrid` where it can be asked, unless set.
    #[must_use]
    pub fn verification(&self) -> Verification {
        let default = match self.client_id {
            Some(_) => Verification::Hybrid,
            None => Verification::Local,
        };
        self.verify.unwrap_or(default)
    }

    /// Whether it can be asked about tokens.
    #[must_use]
    pub fn can_be_asked(&self) -> bool {
        self.client_id.is_some() && self.verification() != Verification::Local
    }
}

impl Settings {
    /// What no single setting is wrong about.
    pub(super) fn judge(&self) -> Result<(), &'static str> {
        let issuer = &self.issuer;
        let secrets = [
            issuer.client_secret_file.is_some(),
            issuer.client_secret_env.is_some(),
        ];
        let secrets = secrets.into_iter().filter(|&is_there| is_there).count();
        match (&issuer.client_id, secrets) {
            (Some(_), 0) => {
                return Err(
                    "`client_id` has no secret: write `client_secret_file` or `client_secret_env`",
                );
            }
            (_, 2) => {
                return Err(
                    "the secret stands in two places: write `client_secret_file` or `client_secret_env`",
                );
            }
            (None, 1) => return Err("there is a secret and no `client_id` that it belongs to"),
            _ => {}
        }
        if issuer.audience.is_empty() {
            return Err(
                "`audience` is empty: name what stands in `aud` of tokens for what is behind the gateway",
            );
        }
        if !issuer.can_be_asked() {
            if matches!(
                issuer.verify,
                Some(Verification::Hybrid | Verification::Introspection)
            ) {
                return Err(
                    "the issuer is to be asked about tokens: write `client_id`, and `client_secret_file` or `client_secret_env`",
                );
            }
            if issuer.phantom_token || issuer.recheck_every_seconds.is_some() {
                return Err(
                    "`phantom_token` and `recheck_every_seconds` come by asking: write `client_id` and its secret, and no `verify = \"local\"`",
                );
            }
        }
        if self.notices.is_some() && issuer.logout_audiences.is_empty() {
            return Err(
                "`[notices]` are addressed to the clients that hold the sessions: name them in `logout_audiences`",
            );
        }
        if self.notices.is_none() && !issuer.logout_audiences.is_empty() {
            return Err(
                "nobody could tell of the end of sessions: write `[notices]` with its `listen`, or leave `logout_audiences` out",
            );
        }
        if let (Some(_), ListenAddress::Unix(_)) =
            (&self.forward_auth.tls, &self.forward_auth.listen)
        {
            return Err(
                "`[forward_auth.tls]` is for an address and a port: who may open a Unix socket is said by its folder",
            );
        }
        Ok(())
    }
}
