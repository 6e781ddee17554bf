use std::path::PathBuf;

use clap::ValueEnum;
use portcullis::{AccessTokenProfile, Algorithm};
use url::Url;

/// Finds out why tokens are refused: looks at an issuer as a service would, by the same code.
///
/// Each line says what was found, how long it took, and what to do about it. The first ✗ is where to
/// begin, or the first ? where there is none. Ends with 0 when nothing is wrong, with 1 when something is, with 2 when the command was given
/// wrongly, with 3 when it could not be found out, such as when nobody answers.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The issuer, as it stands in `iss`, character for character.
    #[arg(long, value_name = "URL")]
    pub(super) issuer: String,
    /// The audience of the service (`aud`); may be given more than once. Which service a token is for is
    /// not judged without.
    #[arg(long, value_name = "NAME")]
    pub(super) audience: Vec<String>,
    /// The client that introspects.
    #[arg(long, value_name = "ID")]
    pub(super) client_id: Option<String>,
    /// The environment variable that its secret is in.
    #[arg(long, value_name = "VAR", requires = "client_id")]
    pub(super) client_secret_env: Option<String>,
    /// The file that its private key is in, in PEM or as a JWK (`private_key_jwt`).
    #[arg(
        long,
        value_name = "FILE",
        requires = "client_id",
        conflicts_with = "client_secret_env"
    )]
    pub(super) client_key: Option<PathBuf>,
    /// The file that its certificate is in, and the certificate's private key, in PEM
    /// (`tls_client_auth`). It is presented to the issuer, to what its metadata names, and to the addresses
    /// that are given here for them; not to the service at `--logout-url`.
    #[arg(
        long,
        value_name = "FILE",
        requires = "client_id",
        conflicts_with_all = ["client_secret_env", "client_key"]
    )]
    pub(super) client_certificate: Option<PathBuf>,
    /// How the secret is shown.
    #[arg(long, value_enum, default_value_t = Method::Offered, requires = "client_secret_env")]
    pub(super) client_method: Method,
    /// How id and secret are put into a `Basic` header.
    #[arg(long, value_enum, default_value_t = Encoding::Form, requires = "client_secret_env")]
    pub(super) basic_encoding: Encoding,
    /// A token to judge; `-` takes it from standard input, where it should come from.
    #[arg(long, value_name = "TOKEN")]
    pub(super) token: Option<String>,
    /// Where this service takes logout notices: it is sent one that nobody has signed, which it has to
    /// refuse.
    #[arg(long, value_name = "URL", value_parser = http_url)]
    pub(super) logout_url: Option<Url>,
    /// What an access token of the issuer looks like; Keycloak's or that of RFC 9068 by the look of the
    /// issuer.
    #[arg(long, value_enum)]
    pub(super) profile: Option<Profile>,
    /// A client whose tokens are accepted (`azp`); may be given more than once. All are unless given.
    #[arg(long, value_name = "ID")]
    pub(super) authorized_party: Vec<String>,
    /// A signature algorithm that is allowed, such as RS256; may be given more than once. All that
    /// verify without a shared secret are unless given.
    #[arg(long, value_name = "NAME", value_parser = algorithm)]
    pub(super) algorithm: Vec<Algorithm>,
    /// The address of the key set, where it is not discovered.
    #[arg(long, value_name = "URL")]
    pub(super) jwks_uri: Option<String>,
    /// The address where tokens are asked about, where it is not discovered.
    #[arg(long, value_name = "URL", requires = "client_id")]
    pub(super) introspection_endpoint: Option<String>,
    /// How far clocks may differ, in seconds, as the service has it.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(super) leeway: u64,
    /// Where the issuer is reached from here, when that is not its public address.
    #[arg(long, value_name = "URL")]
    pub(super) fetch_from: Option<String>,
    /// The certificate authority of the issuer's server, in PEM, instead of those of the system.
    #[arg(long, value_name = "FILE")]
    pub(super) root_certificate: Option<PathBuf>,
    /// Lets the issuer be plain http on another machine.
    #[arg(long)]
    pub(super) danger_allow_http: bool,
    /// Prints JSON.
    #[arg(long)]
    pub(super) json: bool,
}

/// How a secret proves who a client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Method {
    /// By what the server offers.
    Offered,
    /// `client_secret_basic`
    Basic,
    /// `client_secret_post`
    Post,
    /// `client_secret_jwt`
    Jwt,
}

/// How id and secret are put into a `Basic` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Encoding {
    /// Form-encoded first (RFC 6749 §2.3.1).
    Form,
    /// As they are.
    Raw,
}

/// What an access token looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Profile {
    /// RFC 9068
    Rfc9068,
    /// Keycloak's
    Keycloak,
    /// Spring Authorization Server's
    Spring,
    /// Ory Hydra's
    Hydra,
    /// dex's, and that of others that say as little (`DangerDex`)
    Dex,
}

impl Profile {
    /// The same as the library has it.
    pub(super) const fn in_library(self) -> AccessTokenProfile {
        match self {
            Self::Rfc9068 => AccessTokenProfile::Rfc9068,
            Self::Keycloak => AccessTokenProfile::Keycloak,
            Self::Spring => AccessTokenProfile::Spring,
            Self::Hydra => AccessTokenProfile::Hydra,
            Self::Dex => AccessTokenProfile::DangerDex,
        }
    }
}

fn algorithm(name: &str) -> Result<Algorithm, String> {
    let mut known = Algorithm::ALL.iter().copied();
    let found = known.find(|algorithm| algorithm.name() == name);
    found.ok_or_else(|| {
        let known: Vec<_> = Algorithm::ALL.iter().map(|it| it.name()).collect();
        format!("none of {}", known.join(", "))
    })
}

fn http_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if url.host().is_some() && matches!(url.scheme(), "http" | "https") {
        Ok(url)
    } else {
        Err("no address of http or https".to_owned())
    }
}
