use std::sync::Arc;

use portcullis::{CanAsk, ConfigError, Issuer, MultiIssuerVerifier, Realm, TokenVerifier};

use crate::directory::{Directory, Tenant};

/// What each tenant's tokens are held against beside the tenant's issuer.
#[derive(Clone)]
pub(crate) struct Terms {
    pub(crate) audience: String,
    pub(crate) client_id: String,
}

/// Verifies each tenant's tokens by that tenant's own issuer. Keys, answers and what is known to be
/// over are shared by no two of them.
pub(crate) fn verifier(
    directory: Arc<Directory>,
    terms: Terms,
) -> Result<MultiIssuerVerifier, ConfigError> {
    // A mistake in the list shows now and not with the first token. Nothing is fetched for it.
    for tenant in directory.tenants() {
        realm(tenant, &terms)?;
    }
    // No smaller than the list: a stranger who names one tenant after the other in tokens that nobody
    // has signed would drive out those who are at work.
    let limit = directory.tenants().len();
    MultiIssuerVerifier::builder()
        .tenants(limit, move |issuer| {
            let tenant = directory.of_issuer(issuer)?;
            let realm = realm(tenant, &terms).ok()?;
            Some(Arc::new(realm.hybrid()) as Arc<dyn TokenVerifier>)
        })
        .build()
}

fn realm(tenant: &Tenant, terms: &Terms) -> Result<Issuer<CanAsk>, ConfigError> {
    Realm::new(&*tenant.issuer)?
        .audience(&terms.audience)
        .client_secret(&terms.client_id, &tenant.client_secret)
        // The defaults are for the one issuer of a service; these are bounds for each.
        .verified_token_cache_bytes(8 * 1024 * 1024)
        .introspection_cache_bytes(2 * 1024 * 1024)
        .build()
}
