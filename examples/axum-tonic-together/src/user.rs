use serde::Deserialize;

/// The claims this API cares for. A lightweight token has no `sub` until Keycloak is asked.
#[derive(Debug, Deserialize)]
pub(crate) struct ShopUser {
    pub(crate) sub: Option<String>,
    pub(crate) azp: Option<String>,
}

/// Who pays. Somebody has to: a token that names nobody is refused with 7 PERMISSION_DENIED.
#[derive(Debug, Deserialize)]
pub(crate) struct Payer {
    pub(crate) sub: String,
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
