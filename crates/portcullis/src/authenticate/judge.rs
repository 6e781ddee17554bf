//! The one place that gives the verdict. It is asked on every request, whether the facts were
//! just learned or come from a cache.

use super::expectations::{Expectations, ExpectedAudience};
use crate::{
    ClockReading, Credentials, Doubt, Reason, Rejection, Standing, Timestamp,
    binding::{judge_binding, judge_scheme},
    claims::{Audience, RegisteredClaims, Terms, TokenFacts, Validity},
    revocation::StatusFetch,
    telemetry::StandingOutcome,
};

/// What is to become of a token.
#[derive(Debug, Clone)]
pub(crate) enum Verdict {
    Good,
    Refused(Rejection),
    /// Something has to be found out first.
    Open(Question),
}

/// What decides about a token.
#[derive(Debug, Clone)]
pub(crate) enum Question {
    /// An answer about this very token.
    Token(Doubt),
    /// The list that its status stands in.
    StatusList(StatusFetch),
}

/// Judges facts at a moment: each statement they rest on must stand for itself, and nothing may be
/// known against the token.
pub(crate) fn judge(facts: &TokenFacts, credentials: &Credentials, now: ClockReading) -> Verdict {
    if let Err(rejection) = judge_statements(facts, credentials, now.wall) {
        return Verdict::Refused(rejection);
    }
    let Some(revocations) = &facts.expectations().revocations else {
        return Verdict::Good;
    };
    match revocations.look_up_by(facts, now) {
        Standing::Clear => Verdict::Good,
        Standing::Revoked(ended) => {
            revocations.telemetry().standing(StandingOutcome::Revoked);
            Verdict::Refused(ended.rejection())
        }
        Standing::Ask(doubt) => Verdict::Open(Question::Token(doubt)),
    }
}

/// Judges what the status lists say that the token's statements name: last of all, since a list may
/// have to be fetched for it.
pub(crate) fn judge_status(facts: &TokenFacts) -> Verdict {
    for statement in facts.statements() {
        let Some(check) = &statement.expectations().status else {
            continue;
        };
        match check.look_up(statement.registered()) {
            Ok(None) => {}
            Ok(Some(fetch)) => return Verdict::Open(Question::StatusList(fetch)),
            Err(rejection) => return Verdict::Refused(rejection),
        }
    }
    Verdict::Good
}

fn judge_statements(
    facts: &TokenFacts,
    credentials: &Credentials,
    now: Timestamp,
) -> Result<(), Rejection> {
    for statement in facts.statements() {
        judge_facts(statement, credentials, now)?;
    }
    judge_scheme(facts, credentials.scheme)?;
    match facts.other_kind() {
        None => Ok(()),
        Some(why) => Err(Rejection::because(Reason::NotAnAccessToken, why.to_owned())),
    }
}

/// Judges one statement: issuer, kind of token, audience, client, time, sender constraint. Of most of what it
/// says its terms are enough, which stand side by side.
pub(crate) fn judge_statement(
    claims: &RegisteredClaims,
    terms: &Terms,
    expectations: &Expectations,
    credentials: &Credentials,
    now: Timestamp,
) -> Result<(), Rejection> {
    judge_unbound(claims, terms, expectations, now)?;
    if terms.asks_for_proof {
        judge_binding(claims, credentials)?;
    }
    Ok(())
}

/// The same but for the sender constraint: no verdict, since whoever has the token may have stolen it.
pub(crate) fn judge_unbound(
    claims: &RegisteredClaims,
    terms: &Terms,
    expectations: &Expectations,
    now: Timestamp,
) -> Result<(), Rejection> {
    if !terms.origin_is_expected {
        judge_origin(claims, expectations)?;
    }
    let audience = terms.audience.as_ref();
    if !audience.is_some_and(|name| expectations.audience.is_one(name.as_bytes())) {
        judge_audience(claims, expectations)?;
    }
    judge_time(&terms.validity, expectations, now)
}

/// The same of a statement that is kept.
pub(crate) fn judge_facts(
    statement: &TokenFacts,
    credentials: &Credentials,
    now: Timestamp,
) -> Result<(), Rejection> {
    judge_statement(
        statement.registered(),
        statement.terms(),
        statement.expectations(),
        credentials,
        now,
    )
}

/// Judges where the token is from, which stays as it is: issuer, kind of token, client.
pub(crate) fn judge_origin(
    claims: &RegisteredClaims,
    expectations: &Expectations,
) -> Result<(), Rejection> {
    judge_issuer(claims, expectations)?;
    expectations.kind.judge(claims)?;
    judge_party(claims, expectations)
}

fn judge_issuer(claims: &RegisteredClaims, expectations: &Expectations) -> Result<(), Rejection> {
    match (&claims.iss, &expectations.issuer) {
        (Some(iss), Some(expected)) if iss.as_str() != &**expected => Err(Rejection::because(
            Reason::WrongIssuer,
            format!("`iss` is not the configured issuer `{expected}`"),
        )),
        _ => Ok(()),
    }
}

fn judge_audience(claims: &RegisteredClaims, expectations: &Expectations) -> Result<(), Rejection> {
    let audience = &expectations.audience;
    let ExpectedAudience::OneOf(ours) = audience else {
        return Ok(());
    };
    if claims
        .aud
        .iter()
        .any(|named| audience.is_one(named.as_bytes()))
    {
        return Ok(());
    }
    let found = match &claims.aud {
        Audience::Absent => "is missing",
        Audience::Named(_) => "names others only",
        Audience::Malformed => "is neither a string nor an array of strings",
    };
    Err(Rejection::because(
        Reason::WrongAudience,
        format!("`aud` {found}; expected one of {ours:?}"),
    ))
}

fn judge_party(claims: &RegisteredClaims, expectations: &Expectations) -> Result<(), Rejection> {
    let Some(parties) = &expectations.parties else {
        return Ok(());
    };
    let party = claims.authorized_party();
    if party.is_some_and(|party| parties.iter().any(|allowed| allowed == party)) {
        return Ok(());
    }
    Err(Rejection::because(
        Reason::WrongParty,
        "the token's client is not among the authorized parties",
    ))
}

fn judge_time(
    validity: &Validity,
    expectations: &Expectations,
    now: Timestamp,
) -> Result<(), Rejection> {
    let latest = now.plus(expectations.leeway);
    if validity
        .exp
        .is_some_and(|exp| exp <= now.minus(expectations.leeway))
    {
        return Err(Rejection::because(Reason::Expired, "`exp` has passed"));
    }
    if validity.nbf.is_some_and(|nbf| nbf > latest) {
        return Err(Rejection::because(Reason::NotYetValid, "`nbf` is ahead"));
    }
    if validity.iat.is_some_and(|iat| iat > latest) {
        return Err(Rejection::because(
            Reason::IssuedInFuture,
            "`iat` is ahead: the clocks of issuer and service differ by more than the leeway",
        ));
    }
    Ok(())
}
