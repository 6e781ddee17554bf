use crate::{AccessTokenProfile, ConfigError, Issuer, IssuerBuilder, http_client::without_user};

/// The Keycloak front door: an [`Issuer`] with Keycloak's ways set.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Realm {}

impl Realm {
    /// A Keycloak realm by its issuer, as it stands in `iss`:
    /// `https://id.example.com/realms/shop`, or `https://id.example.com/auth/realms/shop` with
    /// the old prefix.
    ///
    /// Its access tokens have the header `typ` `JWT` (or `at+jwt`, by client) and the payload
    /// `typ` `Bearer`, see [`AccessTokenProfile::Keycloak`].
    ///
    /// # Errors
    /// When it is not the address of a realm, see [`Issuer::builder`].
    #[expect(
        clippy::new_ret_no_self,
        reason = "a realm is described here and is an issuer from then on"
    )]
    pub fn new(issuer: impl Into<String>) -> Result<IssuerBuilder, ConfigError> {
        let issuer = issuer.into();
        let is_realm = issuer
            .rsplit_once("/realms/")
            .is_some_and(|(_, name)| !name.is_empty() && !name.contains('/'));
        if !is_realm {
            return Err(ConfigError::new(
                "issuer",
                format!(
                    "{:?} is not the issuer of a Keycloak realm",
                    without_user(&issuer)
                ),
                "write it as in `iss`, such as https://id.example.com/realms/shop, without a slash at the end",
            ));
        }
        Ok(Issuer::builder(issuer)?
            .profile(AccessTokenProfile::Keycloak)
            .of_realm())
    }
}
