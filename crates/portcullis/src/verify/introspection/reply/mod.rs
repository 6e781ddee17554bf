//! What the server answers about a token, in whichever form it was asked to.

mod kinds;
mod members;
mod signed;

use std::{error::Error, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, header};

pub(crate) use self::{kinds::KindPolicy, signed::SignedReplies};
use super::call::CallError;
use crate::{Expectations, TokenFacts, VerifiedBy, claims::ClaimsSet};

/// What the server says of a token (RFC 7662 §2.2).
#[derive(Debug)]
pub(super) enum Reply {
    Active(Box<TokenFacts>),
    Inactive,
}

/// In which form answers are asked for. Any other form is refused.
#[derive(Debug)]
pub(crate) enum ReplyFormat {
    /// JSON (RFC 7662 §2.2).
    Json,
    /// JSON with Keycloak's member `jwt`: the full token for a lightweight one.
    PhantomToken,
    /// Signed by the issuer (RFC 9701).
    Signed(SignedReplies),
}

/// How answers are read.
#[derive(Debug)]
pub(crate) struct ReplyReader {
    pub(crate) format: ReplyFormat,
    pub(crate) kinds: KindPolicy,
    pub(crate) expectations: Arc<Expectations>,
}

impl ReplyReader {
    /// The form of answer that is asked for.
    pub(super) fn accept(&self) -> HeaderValue {
        HeaderValue::from_static(match self.format {
            ReplyFormat::Json => "application/json",
            ReplyFormat::PhantomToken => "application/jwt",
            ReplyFormat::Signed(_) => SignedReplies::MEDIA_TYPE,
        })
    }

    /// Reads an answer of status 200, strictly. `last` is what was read the last time that the token was
    /// active.
    pub(super) async fn read(
        &self,
        response: &Response<Bytes>,
        last: Option<&TokenFacts>,
    ) -> Result<Reply, CallError> {
        let body =
            std::str::from_utf8(response.body()).map_err(|_| malformed("it is not UTF-8"))?;
        let headers = response.headers();
        match &self.format {
            ReplyFormat::Json => {
                check_media_type(headers, "application/json")?;
                self.read_json_after(last, body)
            }
            ReplyFormat::PhantomToken => {
                check_media_type(headers, "application/json")?;
                self.read_phantom(body)
            }
            ReplyFormat::Signed(signed) => {
                check_media_type(headers, SignedReplies::MEDIA_TYPE)?;
                // In a box, so that the calls of those who have no such answers stay small.
                let opened = Box::pin(signed.open(body)).await?;
                self.read_json_after(last, &opened)
            }
        }
    }

    /// Facts that were read before, by another instance of the service. What they are is told anew: that
    /// one may know the server otherwise.
    pub(super) fn restored(&self, json: &str) -> Result<TokenFacts, CallError> {
        let json = json.into();
        let set = self.claims_set(&json)?;
        match set.active() {
            Some(true) => self.facts(&json, set),
            _ => Err(malformed("it does not say that the token is active")),
        }
    }

    fn facts(&self, json: &Arc<str>, set: ClaimsSet<'_>) -> Result<TokenFacts, CallError> {
        let other_kind = self.kinds.other_kind(&set);
        let claims = set.claims().map_err(unreadable)?;
        let by = VerifiedBy::Introspection;
        Ok(
            TokenFacts::new(json.clone(), claims, &self.expectations, by)
                .with_other_kind(other_kind)
                .repeatable(),
        )
    }

    /// The same as [`read_json`](Self::read_json): of the very text that was active the last time it is
    /// known what it says, and that it is well-formed.
    fn read_json_after(&self, last: Option<&TokenFacts>, json: &str) -> Result<Reply, CallError> {
        match last.filter(|last| last.json() == json) {
            Some(last) => Ok(Reply::Active(Box::new(last.said_again()))),
            None => self.read_json(&json.into()),
        }
    }

    /// One object with unique names, `active` a boolean, dates numbers. `active: false` wins over
    /// whatever else is said.
    fn read_json(&self, json: &Arc<str>) -> Result<Reply, CallError> {
        let set = self.claims_set(json)?;
        match set.active() {
            Some(true) => Ok(Reply::Active(Box::new(self.facts(json, set)?))),
            Some(false) => Ok(Reply::Inactive),
            None => Err(malformed("it has no boolean `active`")),
        }
    }

    fn claims_set<'a>(&self, json: &'a Arc<str>) -> Result<ClaimsSet<'a>, CallError> {
        ClaimsSet::read(json, self.expectations.dialect).map_err(unreadable)
    }

    /// The same, with the full token taken out of the claims: it is a secret, they are not.
    fn read_phantom(&self, json: &str) -> Result<Reply, CallError> {
        let (rest, token) = members::without_jwt(json).map_err(unreadable)?;
        Ok(match self.read_json(&rest.into())? {
            Reply::Active(facts) => Reply::Active(Box::new(facts.with_phantom_token(token))),
            Reply::Inactive => Reply::Inactive,
        })
    }
}

fn check_media_type(headers: &HeaderMap, expected: &str) -> Result<(), CallError> {
    let is_expected = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case(expected));
    if is_expected {
        return Ok(());
    }
    Err(malformed(format!("its content type is not `{expected}`")))
}

fn malformed(problem: impl Into<String>) -> CallError {
    CallError::Malformed(problem.into())
}

/// The same for what a parser says.
fn unreadable<E: Error>(problem: E) -> CallError {
    malformed(problem.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(kinds: KindPolicy) -> ReplyReader {
        ReplyReader {
            format: ReplyFormat::Json,
            kinds,
            expectations: Arc::new(Expectations::audience("api")),
        }
    }

    /// It is a secret of ours that makes them, but a later version of ours may put in what this one does not
    /// take for active.
    #[test]
    fn facts_of_another_instance_are_read_as_strictly_as_an_answer() {
        let reader = reader(KindPolicy::default());
        let facts = reader.restored(r#"{"active":true,"sub":"alice"}"#).unwrap();
        assert_eq!(facts.registered().sub.as_deref(), Some("alice"));
        assert_eq!(facts.verified_by(), VerifiedBy::Introspection);
        for json in [
            r#"{"active":false,"sub":"alice"}"#,
            r#"{"active":"true","sub":"alice"}"#,
            r#"{"sub":"alice"}"#,
            r#"{"active":true,"sub":"alice","sub":"bob"}"#,
            r#"{"active":true,"exp":"soon"}"#,
            r#"[{"active":true}]"#,
            "",
        ] {
            let refused = reader.restored(json);
            assert!(matches!(refused, Err(CallError::Malformed(_))), "{json}");
        }
    }

    #[test]
    fn what_kind_of_token_they_are_about_is_told_by_who_reads_them() {
        let json = r#"{"active":true,"sub":"alice"}"#;
        let strict = KindPolicy {
            required: vec!["token_type".to_owned()],
            ..KindPolicy::default()
        };
        let is_other = |kinds| reader(kinds).restored(json).unwrap().other_kind().is_some();
        assert!(!is_other(KindPolicy::default()));
        assert!(is_other(strict));
    }
}
