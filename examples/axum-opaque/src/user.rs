use serde::Deserialize;

/// What this API wants to know of a token. RFC 7662 §2.2 leaves every member but `active` to the
/// server.
#[derive(Debug, Deserialize)]
pub(crate) struct Caller {
    pub(crate) sub: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) client_id: Option<String>,
    #[serde(default)]
    pub(crate) scope: String,
}

/// Who pays. Somebody has to: a token that names nobody is refused with 403.
#[derive(Debug, Deserialize)]
pub(crate) struct Payer {
    pub(crate) sub: String,
}

impl Caller {
    /// What to call the caller in an answer. Nothing is decided by it: names can be chosen.
    pub(crate) fn name(&self) -> &str {
        self.sub
            .as_deref()
            .or(self.username.as_deref())
            .or(self.client_id.as_deref())
            .unwrap_or("somebody")
    }
}
