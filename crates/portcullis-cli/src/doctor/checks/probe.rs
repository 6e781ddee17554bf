//! The server is asked about a token that does not exist: what it says then is about who asks.

use std::{sync::Arc, time::Duration};

use http::{Request, header};
use portcullis::{
    Authenticator, ConfigError, Issuer, Reason, Rejection, RequestView, TokenVerifier,
    VerifiedToken,
};

use crate::doctor::{
    arguments::Method,
    client::Client,
    settings::Settings,
    witness::{Exchange, Said},
};

/// What came of it.
pub(super) enum Probed {
    /// The server answers whoever asks.
    Taken { took: Duration },
    /// It refuses whoever asks, or how.
    Refused {
        status: Option<u16>,
        said: Said,
        /// How the secret was shown.
        method: Option<Method>,
        /// How often it was, since the library makes sure that it is the client that is refused.
        requests: usize,
        took: Duration,
    },
    /// Neither.
    Unknown {
        rejection: Rejection,
        took: Duration,
    },
    /// The settings do not go together.
    Settings(ConfigError),
}

/// A text that no server has issued as a token.
const NO_TOKEN: &str = "portcullis-doctor";

/// Asks as this client, with a hint or none.
pub(super) async fn ask(settings: &Settings, client: &Client, hint: Option<&str>) -> Probed {
    let issuer = match asking(settings, client, hint) {
        Ok(issuer) => issuer,
        Err(error) => return Probed::Settings(error),
    };
    let outcome = authenticate(issuer.introspection(), NO_TOKEN).await;
    let seen = settings.witness.take();
    let took = seen.iter().map(|exchange| exchange.took).sum();
    let Err(rejection) = outcome else {
        // A server that calls anything active is none.
        let rejection = Rejection::from(Reason::IssuerAnswerMalformed);
        return Probed::Unknown { rejection, took };
    };
    let answer = seen.iter().rfind(|exchange| !exchange.is_of_metadata());
    match rejection.reason() {
        Reason::Inactive => Probed::Taken { took },
        Reason::ClientCredentialsRefused | Reason::RequestRefused => Probed::Refused {
            status: answer
                .and_then(Exchange::status)
                .map(|status| status.as_u16()),
            said: answer.map(Exchange::said).unwrap_or_default(),
            method: answer.and_then(|answer| answer.method),
            requests: seen.iter().filter(|it| !it.is_of_metadata()).count(),
            took,
        },
        _ => Probed::Unknown { rejection, took },
    }
}

/// The issuer as a service that may ask describes it.
pub(super) fn asking(
    settings: &Settings,
    client: &Client,
    hint: Option<&str>,
) -> Result<Issuer<portcullis::CanAsk>, ConfigError> {
    let issuer = settings
        .issuer()?
        .client_authentication(client.authentication()?);
    match hint {
        Some(hint) => issuer.token_type_hint(hint).build(),
        None => issuer.build(),
    }
}

/// A request with this token, as a service gets it.
pub(super) async fn authenticate(
    verifier: impl TokenVerifier,
    token: &str,
) -> Result<VerifiedToken, Rejection> {
    let mut request = Request::new(());
    let value = http::HeaderValue::try_from(format!("Bearer {token}"));
    let mut value = value.map_err(|_| Rejection::from(Reason::MalformedToken))?;
    value.set_sensitive(true);
    request.headers_mut().insert(header::AUTHORIZATION, value);
    let authenticator = Arc::new(Authenticator::new(verifier));
    let verified = authenticator
        .authenticate(RequestView::from(&request))
        .await?;
    // Only an authenticator that lets anonymous requests through has none.
    verified.ok_or_else(|| Rejection::from(Reason::MissingToken))
}
