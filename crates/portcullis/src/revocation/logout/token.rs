use std::{sync::Arc, time::Duration};

use serde_json::Value;

use crate::{
    Timestamp,
    claims::{Members, RegisteredClaims},
    jwks::KeyQuery,
    jws::Jws,
    revocation::signatory::NoticeError,
};

/// The event that a logout token tells of (OpenID Connect Back-Channel Logout 1.0 §2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How old a logout token without `exp` may be.
const UNDATED: Duration = Duration::from_secs(120);

/// What logout tokens of an issuer are held against.
#[derive(Debug, Clone)]
pub(crate) struct LogoutRules {
    pub(crate) issuer: Arc<str>,
    /// The clients that hold the sessions: the issuer addresses them, never the resource server.
    pub(crate) audiences: Vec<String>,
    pub(crate) leeway: Duration,
    /// Takes tokens of Keycloak before 25: `typ` `JWT`, and no `exp`.
    pub(crate) takes_old_form: bool,
}

/// A logout token that is well-formed, for us and fresh. Who has signed it is not known yet.
#[derive(Debug)]
pub(super) struct LogoutToken {
    pub(super) ended: LoggedOut,
    pub(super) issued: Timestamp,
    /// From when on it says nothing any more.
    pub(super) ends: Timestamp,
    /// The client of ours that it is addressed to.
    pub(super) client: String,
    pub(super) query: KeyQuery,
}

/// What has ended.
#[derive(Debug)]
pub(super) enum LoggedOut {
    Session(String),
    /// All sessions of a subject, as far as can be told.
    Subject(String),
}

impl LogoutRules {
    /// Judges everything that needs no key (§2.6).
    pub(super) fn judge(&self, jws: &Jws<'_>, now: Timestamp) -> Result<LogoutToken, NoticeError> {
        let refused = NoticeError::refused;
        if !self.has_logout_type(jws) {
            return Err(refused("its `typ` is not `logout+jwt`"));
        }
        let members = Members::parse(jws.payload())?;
        let claims = RegisteredClaims::parse(&members)?;
        if members.get("nonce").is_some() {
            return Err(refused("it has a `nonce`, as ID tokens have"));
        }
        if !tells_of_logout(&members) {
            return Err(refused("its `events` do not tell of a logout"));
        }
        let kind = claims.typ.as_deref();
        if kind.is_some_and(|kind| !kind.eq_ignore_ascii_case("Logout")) {
            return Err(refused("its payload says that it is of another kind"));
        }
        if claims.iss.as_deref() != Some(&*self.issuer) {
            return Err(refused("its `iss` is not the configured issuer"));
        }
        let ours = self.audiences.iter().find(|own| claims.aud.contains(own));
        let client = ours.ok_or_else(|| {
            refused(
                "its `aud` names none of `logout_audiences`, the clients that hold the sessions",
            )
        })?;
        if claims.jti.is_none() {
            return Err(refused("it has no `jti`"));
        }
        let (issued, ends) = self.judge_time(&claims, now)?;
        let sid = claims.sid.filter(|sid| !sid.is_empty());
        let ended = match (sid, claims.sub) {
            (Some(sid), _) => LoggedOut::Session(sid.to_string()),
            (None, Some(sub)) => LoggedOut::Subject(sub.to_string()),
            (None, None) => return Err(refused("it has neither `sid` nor `sub`")),
        };
        Ok(LogoutToken {
            query: jws.key_query(Some(issued)),
            ended,
            issued,
            ends,
            client: client.clone(),
        })
    }

    /// When it was issued, and when it ends.
    fn judge_time(
        &self,
        claims: &RegisteredClaims,
        now: Timestamp,
    ) -> Result<(Timestamp, Timestamp), NoticeError> {
        let refused = NoticeError::refused;
        let issued = claims.iat.ok_or_else(|| refused("it has no `iat`"))?;
        if issued > now.plus(self.leeway) {
            return Err(refused("its `iat` is ahead"));
        }
        let undated = self.takes_old_form.then(|| issued.plus(UNDATED));
        let exp = claims.exp.or(undated);
        let ends = exp
            .ok_or_else(|| refused("it has no `exp`"))?
            .plus(self.leeway);
        if ends <= now {
            return Err(refused("it has expired"));
        }
        Ok((issued, ends))
    }

    fn has_logout_type(&self, jws: &Jws<'_>) -> bool {
        jws.has_type("logout+jwt") || (self.takes_old_form && jws.has_type("jwt"))
    }
}

/// Whether `events` is an object with the member of a logout, whose value is an object. Other
/// members may stand beside it.
fn tells_of_logout(members: &Members<'_>) -> bool {
    let events = members.get("events");
    let events: Option<Value> = events.and_then(|events| serde_json::from_str(events.get()).ok());
    events
        .as_ref()
        .and_then(|events| events.get(EVENT))
        .is_some_and(Value::is_object)
}
