use serde::Deserialize;

/// The claims this API cares for. A lightweight token has no `sub` and no roles until Keycloak
/// is asked.
#[derive(Debug, Deserialize)]
pub(crate) struct ShopUser {
    pub(crate) sub: Option<String>,
    pub(crate) azp: Option<String>,
    #[serde(default)]
    pub(crate) scope: String,
    #[serde(default)]
    pub(crate) realm_access: RealmAccess,
}

/// Who pays. Somebody has to: a token that names nobody is refused with 403.
#[derive(Debug, Deserialize)]
pub(crate) struct Payer {
    pub(crate) sub: String,
}

/// Keycloak leaves the whole member out when there is no role.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct RealmAccess {
    #[serde(default)]
    pub(crate) roles: Vec<String>,
}

impl ShopUser {
    /// What to call the caller in an answer.
    pub(crate) fn name(&self) -> &str {
        self.sub
            .as_deref()
            .or(self.azp.as_deref())
            .unwrap_or("somebody")
    }
}
