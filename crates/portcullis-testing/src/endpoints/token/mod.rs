//! The token endpoint, RFC 6749: the client credentials grant, the refreshing of tokens, and the grant of UMA 2.0.

mod permissions;
mod refresh;

use std::sync::Arc;

use serde_json::json;

pub(super) use self::refresh::presented_grant;
use self::refresh::refreshable;
use super::{Form, Reply, client_authentication::authenticate, not_stored, oauth_error};
use crate::{
    answer::Answer,
    clients::{Client, TokenFormat},
    merge::merge_patch,
    random,
    record::RecordedRequest,
    refresh_tokens::{LIFETIME, RefreshGrant},
    server::State,
    sessions::SessionUse,
    token::{TokenBuilder, service_account},
};

pub(crate) fn answer(state: &Arc<State>, request: &RecordedRequest) -> Reply {
    let granted = Form::read(request).and_then(|form| {
        if form.value("grant_type") == Some(permissions::GRANT) {
            return permissions::grant(state, request, &form).map(Reply::from);
        }
        let client = authenticate(state, request, &form)?;
        match form.value("grant_type") {
            Some("client_credentials") => Ok(client_credentials(state, &client, &form).into()),
            Some("refresh_token") => refresh(state, &client, &form),
            _ => Err(oauth_error(
                400,
                "unsupported_grant_type",
                "Unsupported grant_type",
            )),
        }
    });
    granted.unwrap_or_else(Reply::from)
}

/// Tokens of the client's own: of no session, unless it gets refresh tokens.
fn client_credentials(state: &Arc<State>, client: &Client, form: &Form) -> Answer {
    let scope = form.value("scope").unwrap_or(&client.scope);
    let builder = TokenBuilder::for_client(Arc::clone(state), client, scope);
    if !client.refresh_tokens {
        return tokens(client, builder, scope, None);
    }
    let grant = RefreshGrant {
        client: client.id.clone(),
        session: random::uuid(),
        subject: service_account(&client.id),
        scope: scope.to_owned(),
        issued_at: state.clock.now_seconds(),
    };
    tokens(client, builder, scope, Some((state, grant)))
}

/// New tokens of the same session.
fn refresh(state: &Arc<State>, client: &Client, form: &Form) -> Result<Reply, Answer> {
    let grant = refreshable(state, client, form)?;
    let session = SessionUse::begin(state, &grant.session);
    let scope = form.value("scope").unwrap_or(&grant.scope).to_owned();
    let builder = if grant.subject == service_account(&client.id) {
        TokenBuilder::for_client(Arc::clone(state), client, &scope)
    } else {
        TokenBuilder::for_user(Arc::clone(state), client, &grant.subject, &scope)
    };
    let grant = RefreshGrant {
        issued_at: state.clock.now_seconds(),
        ..grant
    };
    Ok(Reply {
        answer: tokens(client, builder, &scope, Some((state, grant))),
        session,
    })
}

/// The answer with an access token, and with a refresh token of the same session if there is a
/// grant.
fn tokens(
    client: &Client,
    mut builder: TokenBuilder,
    scope: &str,
    grant: Option<(&State, RefreshGrant)>,
) -> Answer {
    let mut refreshing = json!({});
    if let Some((state, grant)) = grant {
        builder = builder.claim("sid", grant.session.as_str());
        refreshing = json!({
            "session_state": grant.session,
            "refresh_expires_in": LIFETIME,
            "refresh_token": grant.issue(state),
        });
    }
    let token = match client.token_format {
        TokenFormat::Jwt => builder.jwt(),
        TokenFormat::Opaque => builder.opaque(),
        TokenFormat::Lightweight => builder.lightweight(),
    };
    let mut members = json!({
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": client.token_lifetime.as_secs(),
        "scope": scope,
    });
    merge_patch(&mut members, &refreshing);
    not_stored(Answer::json(&members))
}
