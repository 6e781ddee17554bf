//! The access token that the server protects its protection API with, "PAT" for short (UMA 2.0
//! Federated Authorization §1.5).

use std::time::{Duration, Instant};

use http::{HeaderValue, StatusCode};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::call::{Refusal, UmaError, UmaServer};
use crate::AccessToken;

/// The token that is in use, had by our own credentials; one fetch at a time.
#[derive(Debug, Default)]
pub(super) struct ProtectionTokens {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    kept: Option<ProtectionToken>,
    failed: Option<Instant>,
}

#[derive(Debug)]
struct ProtectionToken {
    /// As it goes into a request, marked sensitive.
    header: HeaderValue,
    until: Instant,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    expires_in: Option<u32>,
}

impl ProtectionTokens {
    /// How long a failure stands before the server is asked again.
    const COOL_DOWN: Duration = Duration::from_secs(1);
    /// How long a token lives that does not say it.
    const LIFE: u32 = 60;

    /// No token is any use at the moment, as this one shows that is refused. One that others have had
    /// since may be.
    pub(super) async fn give_up(&self, server: &UmaServer, refused: &HeaderValue) {
        let mut state = self.state.lock().await;
        let is_newest = |kept: &ProtectionToken| kept.header == *refused;
        if state.kept.as_ref().is_some_and(is_newest) {
            state.kept = None;
            state.failed = Some(server.discovery.clock.monotonic());
        }
    }

    /// A token that is not the one which was just refused. Whoever waits for another's attempt and goes
    /// away takes nothing along but the attempt of its own.
    pub(super) async fn current(
        &self,
        server: &UmaServer,
        refused: Option<&HeaderValue>,
    ) -> Result<HeaderValue, UmaError> {
        let mut state = self.state.lock().await;
        let now = server.discovery.clock.monotonic();
        if let Some(kept) = &state.kept
            && kept.until > now
            && refused != Some(&kept.header)
        {
            return Ok(kept.header.clone());
        }
        let has_just_failed =
            |failed: Instant| now.saturating_duration_since(failed) < Self::COOL_DOWN;
        if state.failed.is_some_and(has_just_failed) {
            return Err(UmaError::CoolingDown);
        }
        state.kept = None;
        // Until it is known better: whoever waits for it may go away before that.
        state.failed = Some(now);
        match server.protection_token(now).await {
            Ok(token) => {
                let header = token.header.clone();
                state.kept = Some(token);
                state.failed = None;
                Ok(header)
            }
            Err(error) => Err(error),
        }
    }
}

impl UmaServer {
    /// The client credentials grant (RFC 6749 §4.4).
    async fn protection_token(&self, now: Instant) -> Result<ProtectionToken, UmaError> {
        let target = self
            .discovery
            .token_target(self.client.connection())
            .await?;
        let proof = self.own_proof(&target).await?;
        let mut form = vec![("grant_type", "client_credentials")];
        let scope = self.protection_scope.as_deref();
        form.extend(scope.map(|scope| ("scope", scope)));
        let answer = self.post_form(&target.endpoint, &form, proof).await?;
        if answer.status() != StatusCode::OK {
            return Err(UmaError::Refused(Refusal::of(&answer, "token")));
        }
        let tokens: Tokens = serde_json::from_slice(answer.body())
            .map_err(|_| UmaError::Malformed("the token endpoint gave no access token"))?;
        let token = AccessToken::new(&tokens.access_token)
            .map_err(|_| UmaError::Malformed("what the token endpoint gave is no bearer token"))?;
        let life = tokens.expires_in.unwrap_or(ProtectionTokens::LIFE);
        // So that it is still good when it arrives.
        let life = Duration::from_secs(u64::from(life)).mul_f64(0.9);
        Ok(ProtectionToken {
            header: bearer(&token)?,
            until: now + life,
        })
    }
}

/// A token as it goes into a request.
pub(super) fn bearer(token: &AccessToken) -> Result<HeaderValue, UmaError> {
    let mut header = HeaderValue::try_from(format!("Bearer {}", token.as_str()))
        .map_err(|_| UmaError::Malformed("the token cannot stand in a header"))?;
    header.set_sensitive(true);
    Ok(header)
}
