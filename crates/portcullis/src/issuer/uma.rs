//! What an issuer is told of permissions (UMA 2.0).

use std::{sync::Arc, time::Duration};

use super::{
    CanAsk, Issuer, IssuerBuilder, WithCredentials,
    settings::{Parts, Settings},
};
use crate::{ClientAuthentication, Uma, uma::UmaServer, verify::introspection::Introspector};

/// How permissions are asked for.
#[derive(Debug, Clone)]
pub(super) struct UmaSettings {
    /// How long it is kept what the server grants.
    cache_life: Duration,
    /// The scope of the token that permission tickets are had with; `None`: what the server expects.
    protection_scope: Option<String>,
}

impl Default for UmaSettings {
    fn default() -> Self {
        Self {
            cache_life: Duration::from_secs(10),
            protection_scope: None,
        }
    }
}

impl IssuerBuilder<WithCredentials> {
    /// The address that tokens are obtained at, for those that Portcullis needs itself, and that is asked
    /// for permissions; discovered unless set.
    pub fn token_endpoint(self, address: impl Into<String>) -> Self {
        self.with(|settings| settings.token_endpoint = Some(address.into()))
    }

    /// The address that permission tickets are had at (UMA 2.0 Federated Authorization §4);
    /// discovered unless set.
    pub fn permission_endpoint(self, address: impl Into<String>) -> Self {
        self.with(|settings| settings.permission_endpoint = Some(address.into()))
    }

    /// How long is kept what the server grants the bearer of a token
    /// ([`RequirePermission::asking`](crate::RequirePermission::asking)), and never beyond the
    /// token's `exp`; 10 seconds unless set. Zero keeps nothing. A permission that is taken away, or
    /// granted, is noticed when that time is over.
    pub fn permission_cache(self, life: Duration) -> Self {
        self.with(|settings| settings.uma.cache_life = life)
    }

    /// The scope of the access token that permission tickets are had with. `uma_protection` unless
    /// set (UMA 2.0 Federated Authorization §1.5), and none at Keycloak, which goes by the role of
    /// that name; an empty one asks for none.
    pub fn protection_scope(self, scope: impl Into<String>) -> Self {
        self.with(|settings| settings.uma.protection_scope = Some(scope.into()))
    }

    /// Asks about JWTs that say by `authorization.permissions` that they are requesting party tokens
    /// with the hint `requesting_party_token`: Keycloak tells what they permit to no other question,
    /// and of ordinary tokens nothing to this one.
    ///
    /// What Keycloak answers then says nothing of the user: issuer, subject and client are those of the
    /// JWT, roles there are none. Nor does it say to what the token is bound: a bound one is asked about
    /// as any other, and permits nothing on routes that introspect. Opaque tokens are never asked about
    /// by that hint, since of those it cannot be seen whether they are bound.
    pub fn requesting_party_tokens(self) -> Self {
        self.with(|settings| settings.knows_requesting_party_tokens = true)
    }
}

impl Issuer<CanAsk> {
    /// What the issuer does by User-Managed Access 2.0: it says what it grants and gives out permission
    /// tickets, for [`RequirePermission::asking`](crate::RequirePermission::asking) and
    /// [`RequirePermission::or_ticket`](crate::RequirePermission::or_ticket). The client whose
    /// credentials the issuer was given is the resource server that the permissions are about.
    ///
    /// ```
    /// use portcullis::{Realm, RequirePermission};
    ///
    /// let realm = Realm::new("https://id.example.com/realms/shop")?
    ///     .audience("orders-api")
    ///     .client_secret("orders-api", "hush")
    ///     .build()?;
    /// let uma = realm.uma();
    /// let asked = RequirePermission::of("invoice", ["view"]).asking(&uma);
    /// let ticketed = RequirePermission::of("invoice", ["void"]).or_ticket(&uma);
    /// # Ok::<(), portcullis::ConfigError>(())
    /// ```
    #[must_use]
    pub fn uma(&self) -> Uma {
        let uma = self.asking.uma.clone();
        uma.begin();
        uma
    }
}

impl Settings {
    pub(super) fn uma(
        &self,
        parts: &Parts,
        client: &ClientAuthentication,
        introspector: &Arc<Introspector>,
    ) -> Uma {
        let standard = (!self.is_realm).then(|| "uma_protection".to_owned());
        let scope = self.uma.protection_scope.clone().or(standard);
        let server = UmaServer {
            discovery: Arc::new(parts.discovery.of_uma()),
            client: client.clone(),
            deadline: self.introspection_deadline,
            protection_scope: scope.filter(|scope| !scope.is_empty()),
        };
        Uma::new(
            server,
            parts.expectations.clone(),
            introspector.clone(),
            self.uma.cache_life,
            self.introspection.calls,
        )
    }
}
