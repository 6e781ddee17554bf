use std::time::{Duration, SystemTime, UNIX_EPOCH};

use portcullis::Limits;
use serde_json::Value;

use crate::{
    doctor::{progress::Progress, settings::Settings},
    token::Token,
};

/// What two clocks said at the same moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clocks {
    pub(super) server: SystemTime,
    pub(super) ours: SystemTime,
}

/// Has the server issue a token to the client itself, and takes the server's time from that: `None` where
/// the client gets none, or one that only the server can read.
pub(super) async fn clocks(
    settings: &Settings,
    progress: Progress,
    metadata: &Value,
) -> Option<Clocks> {
    const DEADLINE: Duration = Duration::from_secs(5);
    const LONGEST: usize = 256 * 1024;
    let client = settings.client.as_ref()?;
    let endpoint = metadata.get("token_endpoint")?.as_str()?;
    let endpoint = settings.own_endpoint(endpoint)?;
    let request = client.token_request(&endpoint, metadata)?;
    let asking = settings
        .witness
        .ask(request, Limits::new(DEADLINE, LONGEST));
    let exchange = progress
        .during("having a token issued, for its time", asking)
        .await?;
    let answer = exchange.json()?;
    let token = Token::read(answer.get("access_token")?.as_str()?)?;
    let since = Duration::try_from_secs_f64(token.claims()?.seconds("iat")?).ok()?;
    let server = UNIX_EPOCH.checked_add(since)?;
    // It was issued at some time between the two.
    let ours = server.clamp(exchange.began, exchange.ended.max(exchange.began));
    Some(Clocks { server, ours })
}
