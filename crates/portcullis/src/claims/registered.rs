use super::{
    Actor, Audience, ClaimText, Dialect, Members, Scope,
    claim_value::Reading,
    claims_reader::{ClaimsReader, read_date},
    registered_claim::RegisteredClaim,
};
use crate::{Confirmation, Timestamp};

/// The claims that every resource server needs (RFC 7519 §4.1, RFC 9068 §2.2, RFC 7662 §2.2).
/// Everything else is in the handler's own type, see
/// [`VerifiedToken::claims`](crate::VerifiedToken::claims).
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct RegisteredClaims {
    /// Who issued the token.
    pub iss: Option<ClaimText>,
    /// Whom the token speaks for.
    pub sub: Option<ClaimText>,
    /// For whom the token is.
    pub aud: Audience,
    /// From when on the token is of no use.
    pub exp: Option<Timestamp>,
    /// Before when the token is of no use.
    pub nbf: Option<Timestamp>,
    /// When the token was issued.
    pub iat: Option<Timestamp>,
    /// The name of this very token.
    pub jti: Option<ClaimText>,
    /// The client the token was issued to (RFC 9068).
    pub client_id: Option<ClaimText>,
    /// The client the token was issued to (`OpenID` Connect, Keycloak).
    pub azp: Option<ClaimText>,
    /// The login session the token belongs to.
    pub sid: Option<ClaimText>,
    /// What the token may be used for.
    pub scope: Scope,
    /// The kind of token, as Keycloak says it inside the payload.
    pub typ: Option<ClaimText>,
    /// The kind of token, as introspection says it (RFC 7662 §2.2).
    pub token_type: Option<ClaimText>,
    /// The kind of token, as Ory Hydra says it.
    pub token_use: Option<ClaimText>,
    /// What the token is bound to (`cnf`, RFC 7800); `None` when whoever has it may use it.
    pub cnf: Option<Box<Confirmation>>,
    /// Who acts for the subject (`act`, RFC 8693 §4.1), the current actor first; see
    /// [`TokenFacts::actors`](crate::TokenFacts::actors).
    pub act: Vec<Actor>,
    /// Whether it tells of events (`events`, RFC 8417 §2.2): logout tokens and other security events do.
    pub(crate) tells_of_events: bool,
    /// How many bytes a handler's type takes up at the most, but for its texts.
    pub(super) typed: usize,
    /// Where the token's status is found.
    #[cfg(feature = "status-list")]
    pub(crate) status: Option<super::TokenStatus>,
}

/// The name of a claim, and whether it is there.
type Named = (&'static str, fn(&RegisteredClaims) -> bool);

/// The claims that say which token this is and whose.
pub(super) const IDENTITY: [Named; 12] = [
    ("iss", |claims| claims.iss.is_some()),
    ("sub", |claims| claims.sub.is_some()),
    ("azp", |claims| claims.azp.is_some()),
    ("client_id", |claims| claims.client_id.is_some()),
    ("jti", |claims| claims.jti.is_some()),
    ("sid", |claims| claims.sid.is_some()),
    ("iat", |claims| claims.iat.is_some()),
    ("typ", |claims| claims.typ.is_some()),
    ("cnf", |claims| claims.cnf.is_some()),
    ("act", |claims| !claims.act.is_empty()),
    ("exp", |claims| claims.exp.is_some()),
    ("nbf", |claims| claims.nbf.is_some()),
];

/// A claim has a value that is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the claim `{name}` {problem}")]
pub(crate) struct ClaimError {
    name: &'static str,
    problem: &'static str,
}

impl ClaimError {
    pub(super) const fn new(name: &'static str, problem: &'static str) -> Self {
        Self { name, problem }
    }

    pub(super) const fn wrong_type(name: &'static str) -> Self {
        Self::new(name, "has a value of the wrong type")
    }
}

impl RegisteredClaims {
    /// The client the token was issued to, under whichever name.
    #[must_use]
    pub fn authorized_party(&self) -> Option<&str> {
        self.azp.as_deref().or(self.client_id.as_deref())
    }

    /// Whether all that `other` says of its identity is said here, too: which token it is, and whose.
    pub(super) fn names_all_that(&self, other: &Self) -> bool {
        IDENTITY
            .iter()
            .all(|(_, is_said)| is_said(self) || !is_said(other))
    }

    /// What the members of an object say.
    pub(crate) fn parse(members: &Members<'_>) -> Result<Self, ClaimError> {
        let mut claims = ClaimsReader::new(None, Dialect::default());
        for (name, json) in members.iter() {
            if let Some(claim) = RegisteredClaim::named(name) {
                claims.take(claim, claim.reading().of(json));
            }
        }
        claims.finish(members.size())
    }

    /// Whose a token is and since when, as far as that can be read: for those who judge nothing by it but
    /// whether anything is known against the token.
    pub(crate) fn parse_names(members: &Members<'_>) -> Self {
        let name = |name| Reading::Plain.of(members.get(name)?).into_text(None);
        Self {
            sub: name("sub"),
            iat: Self::parse_date("iat", members),
            jti: name("jti"),
            client_id: name("client_id"),
            azp: name("azp"),
            sid: name("sid"),
            ..Self::default()
        }
    }

    /// One date of the claims; `None` when it is absent or none.
    pub(crate) fn parse_date(name: &str, members: &Members<'_>) -> Option<Timestamp> {
        read_date(members.get(name)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<RegisteredClaims, ClaimError> {
        RegisteredClaims::parse(&Members::parse(json).unwrap())
    }

    #[test]
    fn a_claim_of_the_wrong_type_is_never_taken_for_absent() {
        for json in [
            r#"{"exp":"1700000100"}"#,
            r#"{"exp":null}"#,
            r#"{"exp":true}"#,
            r#"{"nbf":{}}"#,
            r#"{"iat":[]}"#,
            r#"{"exp":-1}"#,
            r#"{"exp":1e300}"#,
            r#"{"exp":18446744073709551616}"#,
            r#"{"iss":["a"]}"#,
            r#"{"sub":""}"#,
            r#"{"sub":1}"#,
            r#"{"jti":1}"#,
            r#"{"azp":[]}"#,
            r#"{"client_id":null}"#,
            r#"{"typ":1}"#,
            r#"{"act":"admin"}"#,
        ] {
            assert!(parse(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_scope_that_is_no_string_grants_nothing() {
        let claims = parse(r#"{"scope":["admin"]}"#).unwrap();
        assert_eq!(claims.scope.iter().count(), 0);
    }

    #[test]
    fn events_are_an_object_however_it_is_written() {
        for (json, tells) in [
            (r#"{"events":{}}"#, true),
            ("{ \"events\" :\n\t { \"a\" : {} } }", true),
            (r#"{"\u0065vents":{}}"#, true),
            (r#"{"events":[{}]}"#, false),
            (r#"{"events":"{}"}"#, false),
            (r#"{"events":null}"#, false),
            (r#"{"events":5}"#, false),
            (r#"{"events":-1.5e300}"#, false),
            (r#"{"event":{}}"#, false),
        ] {
            assert_eq!(parse(json).unwrap().tells_of_events, tells, "{json}");
        }
    }

    #[test]
    fn an_audience_with_a_foreign_body_is_nobodys() {
        for json in [
            r#"{"aud":["api",1]}"#,
            r#"{"aud":{}}"#,
            r#"{"aud":[["api"]]}"#,
        ] {
            assert!(!parse(json).unwrap().aud.contains("api"), "{json}");
        }
        assert!(parse(r#"{"aud":"api"}"#).unwrap().aud.contains("api"));
        assert!(parse(r#"{"aud":["x","api"]}"#).unwrap().aud.contains("api"));
    }
}
