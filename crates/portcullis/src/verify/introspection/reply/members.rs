use std::collections::BTreeMap;

use crate::{
    AccessToken,
    claims::{JsonError, Members},
};

/// An answer without its member `jwt`, and what that was, where it is a token at all.
pub(super) fn without_jwt(json: &str) -> Result<(String, Option<AccessToken>), JsonError> {
    let members = Members::parse(json)?;
    let token = members
        .get("jwt")
        .and_then(|jwt| serde_json::from_str::<String>(jwt.get()).ok())
        .and_then(|jwt| AccessToken::new(&jwt).ok());
    let rest: BTreeMap<_, _> = members.iter().filter(|(name, _)| *name != "jwt").collect();
    Ok((serde_json::to_string(&rest)?, token))
}
