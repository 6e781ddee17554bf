//! Logout by refresh token, as Keycloak has it at its `end_session_endpoint`.

use std::sync::Arc;

use super::{Form, client_authentication::authenticate, token::presented_grant};
use crate::{answer::Answer, record::RecordedRequest, server::State, sessions::log_out};

pub(crate) async fn answer(state: &Arc<State>, request: &RecordedRequest) -> Answer {
    let grant = Form::read(request).and_then(|form| {
        let client = authenticate(state, request, &form)?;
        presented_grant(state, &client, &form)
    });
    let session = match grant {
        Ok(grant) => grant.session,
        Err(refused) => return refused,
    };
    let state = Arc::clone(state);
    // A client that goes away does not stop the logout it has begun.
    let logout = tokio::spawn(async move { log_out(&state, &session).await });
    // How the receivers answered is nothing to the client, nor is the end of the runtime.
    let _ = logout.await;
    Answer::new(204).header("cache-control", "no-cache")
}
