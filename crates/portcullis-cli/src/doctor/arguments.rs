use std::path::PathBuf;

use clap::ValueEnum;

/// Finds out why tokens are refused: looks at an issuer as a service would, by the same code.
///
/// Each line says what was found, how long it took, and what to do about it. The first ✗ is where to
/// begin. Ends with 0 when nothing is wrong, with 1 when something is, with 2 when the command was given
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
    /// How the secret is shown.
    #[arg(long, value_enum, default_value_t = Method::Offered, requires = "client_secret_env")]
    pub(super) client_method: Method,
    /// How id and secret are put into a `Basic` header.
    #[arg(long, value_enum, default_value_t = Encoding::Form, requires = "client_secret_env")]
    pub(super) basic_encoding: Encoding,
    /// A token to judge; `-` takes it from standard input, where it should come from.
    #[arg(long, value_name = "TOKEN")]
    pub(super) token: Option<String>,
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
