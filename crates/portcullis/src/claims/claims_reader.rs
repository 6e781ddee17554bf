use std::sync::Arc;

use serde_json::value::RawValue;

use super::{
    Actor, Audience, ClaimError, ClaimText, Dialect, RegisteredClaims, Scope,
    claim_value::ClaimValue, json::SAFE_DIGITS, registered_claim::RegisteredClaim,
};
use crate::{Confirmation, Timestamp};

/// Makes registered claims of what the members of an object say, one by one.
pub(super) struct ClaimsReader<'a> {
    /// What is read, where the texts of the claims may be parts of it.
    source: Option<&'a Arc<str>>,
    dialect: Dialect,
    claims: RegisteredClaims,
    /// What `scope` says, and what `scp` says if there is no `scope`.
    scope: Option<Scope>,
    scp: Option<Scope>,
    active: Option<bool>,
    /// The first claim that says what is not taken.
    error: Option<ClaimError>,
}

impl<'a> ClaimsReader<'a> {
    pub(super) fn new(source: Option<&'a Arc<str>>, dialect: Dialect) -> Self {
        Self {
            source,
            dialect,
            claims: RegisteredClaims::default(),
            scope: None,
            scp: None,
            active: None,
            error: None,
        }
    }

    /// Takes over what a claim says.
    pub(super) fn take(&mut self, claim: RegisteredClaim, value: ClaimValue<'_>) {
        if let Err(error) = self.try_take(claim, value) {
            self.error.get_or_insert(error);
        }
    }

    /// What `active` says (RFC 7662 §2.2), if that is yes or no.
    pub(super) fn active(&self) -> Option<bool> {
        self.active
    }

    /// The claims, if all that was said was taken; `typed` is how many bytes a handler's type takes up at
    /// the most, but for its texts.
    pub(super) fn finish(self, typed: usize) -> Result<RegisteredClaims, ClaimError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        Ok(RegisteredClaims {
            scope: self.scope.or(self.scp).unwrap_or_default(),
            typed,
            ..self.claims
        })
    }

    fn try_take(
        &mut self,
        claim: RegisteredClaim,
        value: ClaimValue<'_>,
    ) -> Result<(), ClaimError> {
        let (claims, source) = (&mut self.claims, self.source);
        let text = |name, value: ClaimValue<'_>| -> Result<Option<ClaimText>, ClaimError> {
            let text = value.into_text(source);
            text.map(Some).ok_or(ClaimError::wrong_type(name))
        };
        match (claim, value) {
            (RegisteredClaim::Iss, value) => claims.iss = text("iss", value)?,
            (RegisteredClaim::Sub, value) => {
                let sub = text("sub", value)?.filter(|sub| !sub.is_empty());
                claims.sub = Some(sub.ok_or(ClaimError::wrong_type("sub"))?);
            }
            (RegisteredClaim::Aud, value) => claims.aud = Audience::of(value, source),
            (RegisteredClaim::Exp, value) => claims.exp = Some(date("exp", &value)?),
            (RegisteredClaim::Nbf, value) => claims.nbf = Some(date("nbf", &value)?),
            (RegisteredClaim::Iat, value) => claims.iat = Some(date("iat", &value)?),
            (RegisteredClaim::Jti, value) => claims.jti = text("jti", value)?,
            (RegisteredClaim::ClientId, value) => claims.client_id = text("client_id", value)?,
            (RegisteredClaim::Azp, value) => claims.azp = text("azp", value)?,
            (RegisteredClaim::Sid, value) => claims.sid = text("sid", value)?,
            (RegisteredClaim::Typ, value) => claims.typ = text("typ", value)?,
            (RegisteredClaim::TokenType, value) => claims.token_type = text("token_type", value)?,
            (RegisteredClaim::TokenUse, value) => claims.token_use = text("token_use", value)?,
            (RegisteredClaim::Scope, value) => self.scope = Some(self.dialect.scope(value, source)),
            (RegisteredClaim::Scp, value) => self.scp = Some(self.dialect.scp(value)),
            (RegisteredClaim::Cnf, ClaimValue::Json(json)) => {
                claims.cnf = Some(Confirmation::parse(json).into());
            }
            (RegisteredClaim::Act, ClaimValue::Json(json)) => claims.act = Actor::chain(json)?,
            #[cfg(feature = "status-list")]
            (RegisteredClaim::Status, ClaimValue::Json(json)) => {
                claims.status = Some(super::TokenStatus::parse(json));
            }
            (RegisteredClaim::Events, ClaimValue::Json(json)) => {
                claims.tells_of_events = json.get().starts_with('{');
            }
            // Claims that are looked into are handed on as they are written, always.
            (RegisteredClaim::Cnf, _) => return Err(ClaimError::wrong_type("cnf")),
            (RegisteredClaim::Act, _) => return Err(ClaimError::wrong_type("act")),
            #[cfg(feature = "status-list")]
            (RegisteredClaim::Status, _) => return Err(ClaimError::wrong_type("status")),
            (RegisteredClaim::Events, _) => return Err(ClaimError::wrong_type("events")),
            (RegisteredClaim::Active, ClaimValue::Bool(active)) => self.active = Some(active),
            (RegisteredClaim::Active, _) => {}
        }
        Ok(())
    }
}

fn date(name: &'static str, value: &ClaimValue<'_>) -> Result<Timestamp, ClaimError> {
    let date = match value {
        ClaimValue::Json(json) => read_date(json),
        _ => None,
    };
    date.ok_or(ClaimError::wrong_type(name))
}

/// A `NumericDate` (RFC 7519 §2).
pub(super) fn read_date(json: &RawValue) -> Option<Timestamp> {
    let json = json.get();
    // What is written in more digits, or with other characters, is read as JSON has it.
    if json.len() <= SAFE_DIGITS
        && let Ok(seconds) = json.parse()
    {
        return Timestamp::from_whole_numeric_date(seconds);
    }
    Timestamp::from_numeric_date(serde_json::from_str(json).ok()?)
}
