use std::{borrow::Cow, sync::Arc, time::Duration};

use serde_json::{Map, Value};

use super::{SecurityEventError, statement::Statement, subject::Subject};
use crate::{
    Timestamp,
    claims::{Members, RegisteredClaims},
    jwks::KeyQuery,
    jws::Jws,
};

/// What the security events of an issuer are held against.
#[derive(Debug, Clone)]
pub(crate) struct SecurityEventRules {
    pub(crate) issuer: Arc<str>,
    /// What the issuer calls us as a receiver.
    pub(crate) audiences: Vec<String>,
    pub(crate) leeway: Duration,
    /// What a verification event says, if the operator has asked for one.
    pub(crate) state: Option<String>,
}

/// A security event that is well-formed and for us. Who has signed it is not known yet.
#[derive(Debug)]
pub(super) struct SecurityEvent {
    pub(super) jti: String,
    pub(super) statement: Statement,
    pub(super) query: KeyQuery,
}

/// Why a security event is refused. The words are for the log.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) error: SecurityEventError,
    pub(super) problem: Cow<'static, str>,
}

impl Refusal {
    pub(super) fn new(error: SecurityEventError, problem: impl Into<Cow<'static, str>>) -> Self {
        let problem = problem.into();
        Self { error, problem }
    }
}

impl SecurityEventRules {
    /// From here on a number is no moment in seconds (it would lie in the year 5138), and one in
    /// milliseconds for sure.
    const MILLISECONDS: f64 = 1e11;

    /// Judges everything that needs no key (RFC 8417 §2, SSF 1.0 §4).
    pub(super) fn judge(&self, jws: &Jws<'_>, now: Timestamp) -> Result<SecurityEvent, Refusal> {
        use SecurityEventError::{InvalidAudience, InvalidIssuer, InvalidRequest};
        let malformed = |problem| Refusal::new(InvalidRequest, problem);
        if !jws.has_type("secevent+jwt") {
            return Err(malformed("its `typ` is not `secevent+jwt`"));
        }
        let members = Members::parse(jws.payload())
            .map_err(|error| Refusal::new(InvalidRequest, error.to_string()))?;
        let claims = RegisteredClaims::parse(&members)
            .map_err(|error| Refusal::new(InvalidRequest, error.to_string()))?;
        if ["sub", "exp"]
            .iter()
            .any(|name| members.get(name).is_some())
        {
            return Err(malformed("it has `sub` or `exp`, as other tokens have"));
        }
        if claims.iss.as_deref() != Some(&*self.issuer) {
            let problem = "its `iss` is not the configured issuer";
            return Err(Refusal::new(InvalidIssuer, problem));
        }
        if !self.audiences.iter().any(|own| claims.aud.contains(own)) {
            let problem = "its `aud` is none of `security_event_audience`";
            return Err(Refusal::new(InvalidAudience, problem));
        }
        let jti = claims.jti.filter(|jti| !jti.is_empty());
        let jti = jti.ok_or_else(|| malformed("it has no `jti`"))?;
        let issued = claims.iat.ok_or_else(|| malformed("it has no `iat`"))?;
        let latest = now.plus(self.leeway);
        if issued > latest {
            return Err(malformed("its `iat` is ahead"));
        }
        let object = |name| object(&members, name);
        let events = object("events").ok_or_else(|| malformed("it has no `events`"))?;
        let mut events = events.iter();
        let (Some((event_type, event)), None) = (events.next(), events.next()) else {
            return Err(malformed("its `events` are not exactly one"));
        };
        let subject = || {
            let identifier = object("sub_id").ok_or("it does not say whom it is about")?;
            Ok(Subject::read(&identifier, &self.issuer))
        };
        // Nothing is told before it has happened. By what the event says of itself, and not by when it
        // comes, so that one that comes again says the same.
        let dated = issued.plus(self.leeway).min(latest);
        let happened = |date: Option<&Value>| moment(date).unwrap_or(issued).min(dated);
        let statement = Statement::read(event_type, event, subject, happened).map_err(malformed)?;
        Ok(SecurityEvent {
            jti: jti.to_string(),
            statement,
            query: jws.key_query(Some(issued)),
        })
    }
}

/// When an event happened: in seconds, or in milliseconds where it can be nothing else. `None` where
/// there is no telling: the event is not to be lost over that.
fn moment(date: Option<&Value>) -> Option<Timestamp> {
    let date = date?.as_f64().filter(|date| *date > 0.0)?;
    let seconds = if date >= SecurityEventRules::MILLISECONDS {
        date / 1000.0
    } else {
        date
    };
    Timestamp::from_numeric_date(seconds)
}

fn object(members: &Members<'_>, name: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(members.get(name)?.get()).ok()
}
