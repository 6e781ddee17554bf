use std::time::Duration;

use serde_json::Value;

use crate::{Timestamp, claims::Members, jws::Jws, revocation::NoticeError};

/// What Keycloak's admin messages are held against.
#[derive(Debug, Clone)]
pub(crate) struct MessageRules {
    /// The clients that they may be addressed to.
    pub(crate) clients: Vec<String>,
    pub(crate) leeway: Duration,
}

/// A message that says that a cut-off has moved: the realm's or the client's, which it does not tell.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) client: String,
    pub(super) not_before: Timestamp,
}

impl MessageRules {
    /// How far ahead the end of a message may be.
    const LONGEST_LIFE: Duration = Duration::from_secs(60);
    const ACTIONS: [&str; 2] = ["PUSH_NOT_BEFORE", "LOGOUT"];

    /// Judges everything that needs no key. A message names neither issuer nor audience: what does
    /// is a token, and a token is no message.
    pub(super) fn judge(&self, jws: &Jws<'_>, now: Timestamp) -> Result<Message, NoticeError> {
        let refused = NoticeError::refused;
        let members = Members::parse(jws.payload())?;
        if ["iss", "sub", "aud"]
            .iter()
            .any(|name| members.get(name).is_some())
        {
            return Err(refused("it has `iss`, `sub` or `aud`, as tokens have"));
        }
        let member =
            |name| -> Option<Value> { serde_json::from_str(members.get(name)?.get()).ok() };
        let date = |name| {
            member(name)?
                .as_f64()
                .and_then(Timestamp::from_numeric_date)
        };
        let action = member("action");
        let is_known = |action: &str| Self::ACTIONS.contains(&action);
        if !action
            .as_ref()
            .and_then(Value::as_str)
            .is_some_and(is_known)
        {
            return Err(refused("its `action` is none that tells of a cut-off"));
        }
        let resource = member("resource");
        let resource = resource.as_ref().and_then(Value::as_str);
        let client = resource
            .and_then(|resource| self.clients.iter().find(|own| *own == resource))
            .ok_or_else(|| refused("its `resource` is none of `not_before_clients`"))?;
        let end = date("expiration").ok_or_else(|| refused("it has no `expiration`"))?;
        if end.plus(self.leeway) <= now {
            return Err(refused("it has expired"));
        }
        if end > now.plus(Self::LONGEST_LIFE).plus(self.leeway) {
            return Err(refused("its end is more than a minute ahead"));
        }
        let not_before = date("notBefore").ok_or_else(|| refused("it has no `notBefore`"))?;
        Ok(Message {
            client: client.clone(),
            not_before,
        })
    }
}
