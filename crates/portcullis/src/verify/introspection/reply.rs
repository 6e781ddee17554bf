use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, header};

use crate::{
    Expectations, TokenFacts, VerifiedBy,
    claims::{Members, RegisteredClaims},
};

/// What the server says of a token (RFC 7662 §2.2).
#[derive(Debug)]
pub(super) enum Reply {
    Active(Box<TokenFacts>),
    Inactive,
}

impl Reply {
    /// Reads an answer of status 200, strictly: JSON by its content type, one object with unique
    /// names, `active` a boolean, dates numbers. `active: false` wins over whatever else is said.
    pub(super) fn parse(
        headers: &HeaderMap,
        body: &Bytes,
        expectations: &Arc<Expectations>,
    ) -> Result<Self, String> {
        if !is_json(headers) {
            return Err("its content type is not `application/json`".to_owned());
        }
        let json = std::str::from_utf8(body).map_err(|_| "it is not UTF-8".to_owned())?;
        let members = Members::parse(json).map_err(|error| error.to_string())?;
        let active = members
            .get("active")
            .and_then(|active| serde_json::from_str(active.get()).ok());
        match active {
            Some(true) => {}
            Some(false) => return Ok(Self::Inactive),
            None => return Err("it has no boolean `active`".to_owned()),
        }
        let claims = RegisteredClaims::parse(&members).map_err(|error| error.to_string())?;
        let by = VerifiedBy::Introspection;
        let facts = TokenFacts::new(json.into(), claims, expectations, by);
        Ok(Self::Active(Box::new(facts)))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}
