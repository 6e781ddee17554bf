use std::time::{Duration, SystemTime, UNIX_EPOCH};

use portcullis::{ClientEndpoint, Limits};
use serde_json::Value;

use crate::{
    doctor::{client::Client, progress::Progress, settings::Settings},
    token::Token,
};

/// What two clocks said at the same moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clocks {
    pub(super) server: SystemTime,
    pub(super) ours: SystemTime,
}

/// A token that the server has just issued to the client itself.
pub(crate) struct OwnToken {
    pub(super) text: String,
    pub(super) read: Token,
    /// The server's time from that.
    pub(super) clocks: Clocks,
}

/// Has the server issue one: `None` where the client gets none, or one that only the server can read.
pub(crate) async fn issue(
    settings: &Settings,
    progress: Progress,
    metadata: &Value,
) -> Option<OwnToken> {
    const DEADLINE: Duration = Duration::from_secs(5);
    const LONGEST: usize = 256 * 1024;
    let client = settings.client.as_ref()?;
    let endpoint = endpoint(settings, client, metadata)?;
    let request = client.token_request(&endpoint).await?;
    let asking = settings
        .witness
        .ask(request.into_http(), Limits::new(DEADLINE, LONGEST));
    let exchange = progress
        .during("having a token issued, for its time", asking)
        .await?;
    let answer = exchange.json()?;
    let text = answer.get("access_token")?.as_str()?;
    let read = Token::read(text)?;
    let since = Duration::try_from_secs_f64(read.claims()?.seconds("iat")?).ok()?;
    let server = UNIX_EPOCH.checked_add(since)?;
    // It was issued at some time between the two.
    let ours = server.clamp(exchange.began, exchange.ended.max(exchange.began));
    Some(OwnToken {
        text: text.to_owned(),
        read,
        clocks: Clocks { server, ours },
    })
}

/// Where the client has tokens issued: a server may have a place of its own for those with certificates
/// (RFC 8705 §5).
fn endpoint(settings: &Settings, client: &Client, metadata: &Value) -> Option<ClientEndpoint> {
    let alias = metadata.pointer("/mtls_endpoint_aliases/token_endpoint");
    let address = match alias.filter(|_| client.has_certificate()) {
        Some(alias) => settings.own_alias(alias.as_str()?),
        None => settings.own_endpoint(metadata.get("token_endpoint")?.as_str()?),
    }?;
    // Who names an address on this machine to reach the issuer by has said who listens there.
    let allows_http = settings.allows_http || settings.is_reached_here(&address);
    let mut endpoint = ClientEndpoint::new(&settings.issuer, address);
    let texts = |name: &str| {
        let texts = metadata.get(name)?.as_array()?.iter();
        Some(texts.filter_map(Value::as_str).collect::<Vec<_>>())
    };
    if let Some(methods) = texts("token_endpoint_auth_methods_supported") {
        endpoint = endpoint.methods(methods);
    }
    if let Some(algorithms) = texts("token_endpoint_auth_signing_alg_values_supported") {
        endpoint = endpoint.signing_algorithms(algorithms);
    }
    Some(if allows_http {
        endpoint.danger_allow_http()
    } else {
        endpoint
    })
}
