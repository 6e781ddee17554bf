use crate::claims::ClaimsSet;

/// What tells access tokens from others at a server that calls more than those active, and names
/// neither `typ`, `token_type` nor `token_use`.
#[derive(Debug, Clone, Default)]
pub(crate) struct KindPolicy {
    /// What every answer about an access token has.
    pub(crate) required: Vec<String>,
    /// What no answer about an access token has.
    pub(crate) forbidden: Vec<String>,
}

impl KindPolicy {
    /// Why an active answer is not about an access token; `None` when it is.
    pub(super) fn other_kind(&self, claims: &ClaimsSet<'_>) -> Option<Box<str>> {
        let has = |name: &String| claims.has(name);
        let lacking = self.required.iter().find(|name| !has(name));
        if let Some(name) = lacking {
            return Some(format!("the answer has no `{name}`, which every access token of this server has (`access_tokens_have`, or the profile)").into());
        }
        let other = self.forbidden.iter().find(|name| has(name))?;
        Some(format!("the answer has `{other}`, which no access token of this server has (`access_tokens_lack`)").into())
    }
}
