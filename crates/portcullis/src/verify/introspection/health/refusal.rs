//! What a call that brought nothing means to the client.

use std::time::Duration;

use crate::{
    Reason, Rejection,
    client_authentication::AuthenticationError,
    http_client::{FetchError, HttpError},
    verify::introspection::{
        call::{About, CallError, Refused},
        endpoint::IntrospectionEndpoint,
    },
};

/// Nobody is asked, so that a server in trouble is left alone.
pub(super) fn circuit_open(wait: Duration) -> Rejection {
    Rejection::because(
        Reason::CircuitOpen,
        "the authorization server has not answered lately; nobody asks it for now",
    )
    .with_retry_after(wait)
}

/// The server fails at this one token, and has just done so.
pub(super) fn failing_token() -> Rejection {
    Rejection::because(
        Reason::IssuerFailedAtToken,
        "the server has just failed at this one token; it is asked again in a moment",
    )
}

/// The server fails at this one token.
pub(super) fn failed_at_token(error: &CallError) -> Rejection {
    let diagnosis = format!("introspection of this one token: {error}");
    with_wait_of(
        error,
        Rejection::because(Reason::IssuerFailedAtToken, diagnosis),
    )
}

/// The server refuses this one token.
pub(super) fn refused_token(Refused { status, .. }: Refused) -> Rejection {
    Rejection::because(
        Reason::IssuerFailedAtToken,
        format!("the server refuses to introspect this one token (status {status})"),
    )
}

/// The server was called, and did not refuse the token.
pub(super) fn failed_call(error: &CallError) -> Rejection {
    let reason = match error {
        CallError::Endpoint(error) => endpoint_reason(error),
        CallError::Authentication(AuthenticationError::Misfit(_)) => Reason::RequestRefused,
        CallError::Authentication(AuthenticationError::Unavailable(_)) => Reason::IssuerFailed,
        CallError::Http(error) => http_reason(error),
        CallError::Malformed(_) => Reason::IssuerAnswerMalformed,
        CallError::RealmDisabled => Reason::IssuerDisabled,
        CallError::Trouble { .. } | CallError::TokenTooLong | CallError::Refused(_) => {
            Reason::IssuerFailed
        }
    };
    let rejection = Rejection::because(reason, format!("introspection: {error}"));
    with_wait_of(error, rejection)
}

/// Passes on how long the server asks to wait.
fn with_wait_of(error: &CallError, rejection: Rejection) -> Rejection {
    match error {
        CallError::Trouble {
            retry_after: Some(wait),
            ..
        } => rejection.with_retry_after(*wait),
        _ => rejection,
    }
}

fn endpoint_reason(error: &FetchError) -> Reason {
    match error {
        FetchError::NoEndpoint { .. } => Reason::RequestRefused,
        FetchError::Http { error, .. } => http_reason(error),
        FetchError::Status { .. } => Reason::IssuerFailed,
        FetchError::CoolingDown(error) => endpoint_reason(error),
        FetchError::OtherIssuer { .. } => Reason::OtherIssuer,
        FetchError::Overdue | FetchError::Stuck => Reason::IssuerTimeout,
        FetchError::Aborted | FetchError::NoRuntime => Reason::IssuerUnreachable,
        _ => Reason::IssuerAnswerMalformed,
    }
}

fn http_reason(error: &HttpError) -> Reason {
    match error {
        HttpError::Timeout => Reason::IssuerTimeout,
        HttpError::BodyTooLong { .. } | HttpError::Broken(_) => Reason::IssuerAnswerMalformed,
        _ => Reason::IssuerUnreachable,
    }
}

/// Our own fault, with what to do about it.
pub(super) fn misconfigured(refused: Refused, endpoint: &IntrospectionEndpoint) -> Rejection {
    let client = match endpoint.client.client_id() {
        "" => "this service's bearer token",
        client => client,
    };
    let status = refused.status;
    match refused.about {
        About::Client | About::PerhapsClient => Rejection::because(
            Reason::ClientCredentialsRefused,
            format!(
                "the authorization server refuses the client credentials of `{client}` (status {status}): check its id, that it is confidential, and its secret, key or certificate: `Basic` credentials have to be encoded as the server expects, an assertion signed with the key that is registered there, a bearer token good and allowed to introspect"
            ),
        ),
        About::Request if status.is_redirection() => Rejection::because(
            Reason::RequestRefused,
            format!(
                "the introspection endpoint redirects (status {status}) and tokens do not follow redirects: configure the address it redirects to"
            ),
        ),
        About::Request => Rejection::because(
            Reason::RequestRefused,
            format!(
                "the introspection endpoint refuses requests of `{client}` (status {status}): check the endpoint's address, the client authentication method and how `Basic` credentials are encoded"
            ),
        ),
    }
}
