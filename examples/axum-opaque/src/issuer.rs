use portcullis::{CanAsk, ConfigError, Issuer};

use crate::config::Config;

/// The server that is asked about every token.
pub(crate) fn issuer(config: &Config) -> Result<Issuer<CanAsk>, ConfigError> {
    let mut issuer = Issuer::builder(&config.issuer)?;
    if let Some(endpoint) = &config.introspection_endpoint {
        issuer = issuer.introspection_endpoint(endpoint);
    }
    issuer = match &config.audience {
        Some(audience) => issuer.audience(audience),
        None => {
            tracing::warn!(
                "DANGER_NO_AUDIENCE: tokens that were issued for other services are good here, too"
            );
            issuer.danger_any_audience()
        }
    };
    // `build` never touches the network, so this starts while the server is still down, and answers
    // 503 until it is up. `connect().await` instead of it finds a wrong ISSUER at once.
    issuer
        .client_secret(&config.client_id, &config.client_secret)
        .build()
}
