//! Who calls: RFC 6749 section 2.3, by secret or assertion, and by one of them alone.

mod assertion;
mod basic;
mod bearer;

pub(crate) use self::bearer::authenticate_bearer;
use self::{
    assertion::{Assertion, ClaimedKey},
    basic::read_basic,
};
use super::{Form, oauth_error};
use crate::{
    answer::Answer,
    clients::{AuthenticationMethod, Client},
    record::RecordedRequest,
    server::State,
};

/// The client that sent the request, or the answer to one that is none.
pub(crate) fn authenticate(
    state: &State,
    request: &RecordedRequest,
    form: &Form,
) -> Result<Client, Answer> {
    let header = request.headers.contains_key("authorization");
    let secret = form.value("client_secret");
    let assertion = form.value("client_assertion");
    if usize::from(header) + usize::from(secret.is_some()) + usize::from(assertion.is_some()) > 1 {
        return Err(oauth_error(
            400,
            "invalid_request",
            "More than one client authentication.",
        ));
    }
    if header {
        let (id, secret) = read_basic(state, request)?;
        return by_secret(
            state,
            &id,
            Some(&secret),
            AuthenticationMethod::ClientSecretBasic,
        )
        .map_err(|refused| refused.header("www-authenticate", "Basic realm=\"test\""));
    }
    let id = form.value("client_id").unwrap_or_default();
    match (assertion, &request.client_certificate) {
        (Some(assertion), _) => by_assertion(state, form, assertion),
        (None, Some(certificate)) if secret.is_none() => by_certificate(state, id, certificate),
        _ => by_secret(state, id, secret, AuthenticationMethod::ClientSecretPost),
    }
}

/// The handshake has proven the key; whose certificate it is, is asked here.
fn by_certificate(state: &State, id: &str, certificate: &[u8]) -> Result<Client, Answer> {
    let client = known(state, id)?;
    let right = client.certificate.as_deref() == Some(certificate);
    if right && may_use(state, &client, AuthenticationMethod::TlsClientAuth) {
        Ok(client)
    } else {
        Err(invalid_client())
    }
}

fn by_secret(
    state: &State,
    id: &str,
    secret: Option<&str>,
    method: AuthenticationMethod,
) -> Result<Client, Answer> {
    let client = known(state, id)?;
    if client.secret.is_none() && client.keys.is_empty() {
        return Err(oauth_error(403, "invalid_request", "Client not allowed."));
    }
    let right = secret.is_some() && client.secret.as_deref() == secret;
    if right && may_use(state, &client, method) {
        Ok(client)
    } else {
        Err(invalid_client())
    }
}

fn by_assertion(state: &State, form: &Form, assertion: &str) -> Result<Client, Answer> {
    let assertion = Assertion::read(form, assertion).ok_or_else(invalid_client)?;
    let client = known(state, assertion.client_id())?;
    let method = match assertion.claimed_key() {
        ClaimedKey::Secret => AuthenticationMethod::ClientSecretJwt,
        ClaimedKey::Public => AuthenticationMethod::PrivateKeyJwt,
    };
    if may_use(state, &client, method)
        && assertion.is_by(&client)
        && assertion.is_for(state, &client)
        && assertion.is_of_now(state)
        && assertion.is_new(state)
    {
        Ok(client)
    } else {
        Err(invalid_client())
    }
}

fn known(state: &State, id: &str) -> Result<Client, Answer> {
    let client = state.clients.lock().get(id).cloned();
    client.ok_or_else(invalid_client)
}

fn may_use(state: &State, client: &Client, method: AuthenticationMethod) -> bool {
    let offered = state.policy.lock().methods.contains(&method);
    let allowed = client.methods.as_ref();
    offered && allowed.is_none_or(|allowed| allowed.contains(&method))
}

fn invalid_client() -> Answer {
    oauth_error(
        401,
        "invalid_client",
        "Invalid client or Invalid client credentials",
    )
}
