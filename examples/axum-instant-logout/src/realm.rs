use portcullis::{CanAsk, ConfigError, Issuer, Realm};

use crate::config::{Config, Shared};

/// The realm, and everything by which the end of its tokens is learned of.
pub(crate) fn realm(config: &Config) -> Result<Issuer<CanAsk>, ConfigError> {
    let mut realm = Realm::new(&config.issuer)?
        .audience(&config.audience)
        .client_secret(&config.client_id, &config.client_secret)
        // Keycloak tells of the end of a session: within milliseconds, at no call per request.
        .logout_audiences(&config.logout_audiences)
        // It tells of cut-offs ("not before") at the admin URL of these clients, and is asked for
        // them every ten seconds.
        .not_before_clients(&config.logout_audiences)
        // Of everything else it tells nobody: a disabled user, a revoked token, an expired session.
        .recheck_every(config.recheck_every);
    if let Some(canary) = &config.canary {
        realm = realm.canary(&canary.client_id, &canary.client_secret);
    }
    // Keycloak tells one instance of several: what it says is passed on to the others, and what one
    // of them asks serves all.
    if let Some(Shared { redis, keys }) = &config.shared {
        realm = realm
            .shared_store(redis.clone(), keys)
            .revocation_feed(redis.clone());
    }
    // `build` never touches the network, so this starts while Keycloak is still down, and answers
    // 503 until it is up. `connect().await` instead of it finds a wrong ISSUER at once.
    realm.build()
}
