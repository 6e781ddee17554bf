//! Decisions of the server about one token and one permission (the grant `uma-ticket` in Keycloak's
//! decision mode), and what is kept of them.

use std::{fmt, iter, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{json, value::RawValue};

use super::{
    call::{Proof, Refusal, UmaError, UmaServer},
    protection_token::bearer,
};
use crate::{
    AccessToken, Answer, Expectations, Freshness, Reason, Rejection, RequirePermission,
    Requirement, Timestamp, TokenFacts, VerifiedBy,
    claims::{Members, RegisteredClaims},
    discovery::Connection,
    http_client::{HttpError, excerpt},
    verify::introspection::{
        DigestSpace, Flights, Introspector, Joins, Known, Lanes, Memory, TokenDigest,
    },
};

/// What the server says of a permission, as a requirement of the request that it was asked for: judged
/// on what the token says and on that.
#[derive(Debug)]
pub(crate) struct PermissionDecision {
    requirement: RequirePermission,
    answers: Vec<Arc<TokenFacts>>,
}

impl PermissionDecision {
    pub(super) fn new(requirement: RequirePermission, answers: Vec<Arc<TokenFacts>>) -> Self {
        Self {
            requirement,
            answers,
        }
    }

    /// What the server is asked: about one scope at a time, since of several Keycloak says yes when one
    /// of them is granted. Nothing, where a name could be read as something else than it says.
    pub(super) fn questions(requirement: &RequirePermission) -> Vec<Question> {
        let resource = requirement.resource();
        const LONGEST: usize = 1024;
        let is_plain =
            |name: &str| (1..=LONGEST).contains(&name.len()) && !name.contains(['#', ',']);
        if !is_plain(resource) || !requirement.scopes().all(is_plain) {
            return Vec::new();
        }
        let of = |scope: Option<&str>| Question {
            resource: resource.to_owned(),
            scope: scope.map(str::to_owned),
        };
        if requirement.scopes().len() == 0 {
            return vec![of(None)];
        }
        requirement.scopes().map(|scope| of(Some(scope))).collect()
    }
}

impl Requirement for PermissionDecision {
    fn judge(&self, facts: &TokenFacts, now: Timestamp) -> Result<(), Rejection> {
        let answers = self.answers.iter().map(|answer| &**answer);
        let statements = iter::once(facts).chain(answers);
        if self.requirement.is_met_by(statements, now) {
            return Ok(());
        }
        Err(self.requirement.refusal())
    }
}

/// One scope of one resource, or the bare resource.
#[derive(Debug, Clone)]
pub(super) struct Question {
    resource: String,
    scope: Option<String>,
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.resource)?;
        match &self.scope {
            Some(scope) => write!(f, "#{scope}"),
            None => Ok(()),
        }
    }
}

/// Everything that asking for decisions takes.
pub(super) struct Decisions {
    desk: Arc<Desk>,
    flights: Arc<Flights>,
}

struct Desk {
    server: Arc<UmaServer>,
    expectations: Arc<Expectations>,
    introspector: Arc<Introspector>,
    memory: Memory,
    lanes: Lanes,
}

impl Decisions {
    /// How many bytes of decisions are kept.
    const BYTES: u64 = 16 * 1024 * 1024;

    pub(super) fn new(
        server: Arc<UmaServer>,
        expectations: Arc<Expectations>,
        introspector: Arc<Introspector>,
        life: Duration,
        calls: usize,
    ) -> Self {
        let clock = server.discovery.clock.clone();
        Self {
            flights: Arc::new(Flights::new(server.deadline)),
            desk: Arc::new(Desk {
                server,
                expectations,
                introspector,
                memory: Memory::new(life, Self::BYTES, clock),
                lanes: Lanes::new(calls),
            }),
        }
    }

    /// What the server says of a token, which ends then, and one question: as facts with the permission
    /// in them, or with none.
    pub(super) async fn answer(
        &self,
        token: &AccessToken,
        question: Question,
        exp: Option<Timestamp>,
    ) -> Answer {
        let desk = &self.desk;
        let digest = desk.digest(token, &question);
        let recalled = desk.memory.recall(&digest, Freshness::AsConfigured);
        if let Some(Known::Active(facts)) = recalled {
            return Ok(facts);
        }
        // A server that is known to be away is not asked for this either.
        if let Some(refusal) = desk.introspector.refusal(token) {
            return Err(refusal);
        }
        let clock = desk.server.discovery.clock.clone();
        let (desk, token, call_digest) = (desk.clone(), token.clone(), digest.clone());
        let boarded = self.flights.board(
            &digest,
            Joins::Any,
            move || clock.monotonic(),
            move || {
                let (desk, token) = (desk.clone(), token.clone());
                let (digest, question) = (call_digest.clone(), question.clone());
                async move { desk.ask(&token, &digest, &question, exp).await }
            },
        );
        let (ticket, _) = boarded?;
        ticket.redeemed().await
    }
}

impl Desk {
    fn digest(&self, token: &AccessToken, question: &Question) -> TokenDigest {
        let scope = question.scope.as_deref();
        DigestSpace::of(&[
            &self.server.discovery.issuer,
            self.server.client.client_id(),
            &question.resource,
            scope.map_or("", |_| "#"),
            scope.unwrap_or_default(),
        ])
        .digest(token.as_bytes())
    }

    /// One call, within one deadline, and what is kept of it.
    async fn ask(
        &self,
        token: &AccessToken,
        digest: &TokenDigest,
        question: &Question,
        exp: Option<Timestamp>,
    ) -> Answer {
        let asking = async {
            let _place = self.lanes.enter_genuine().await?;
            let began = self.server.discovery.clock.monotonic();
            let decided = self.server.decision(token, question).await;
            let is_granted = decided.map_err(|error| self.explain(&error, question))?;
            let facts = self.facts(question, is_granted, exp)?.with_asked_at(began);
            let facts = Arc::new(facts);
            self.memory.learn_active(digest, &facts, began);
            Ok(facts)
        };
        let asked = tokio::time::timeout(self.server.deadline, asking).await;
        asked.unwrap_or_else(|_| {
            Err(self.reported(Rejection::because(
                Reason::IssuerTimeout,
                "no decision about a permission within `introspection_deadline`",
            )))
        })
    }

    /// A decision as a statement about the token.
    fn facts(
        &self,
        question: &Question,
        is_granted: bool,
        exp: Option<Timestamp>,
    ) -> Result<TokenFacts, Rejection> {
        let scopes: Vec<_> = question.scope.iter().collect();
        let granted = is_granted.then(|| {
            let resource = &question.resource;
            json!({ "rsid": resource, "rsname": resource, "scopes": scopes })
        });
        let permissions: Vec<_> = granted.into_iter().collect();
        let json = json!({ "permissions": permissions }).to_string();
        let malformed = |problem: String| Rejection::because(Reason::Internal, problem);
        let members = Members::parse(&json).map_err(|error| malformed(error.to_string()))?;
        let claims = RegisteredClaims::parse(&members);
        let mut claims = claims.map_err(|error| malformed(error.to_string()))?;
        claims.exp = exp;
        let by = VerifiedBy::Introspection;
        Ok(TokenFacts::new(json.into(), claims, &self.expectations, by))
    }

    /// What becomes of the request. Nothing of it is our configuration for certain: whoever has chosen
    /// the token may have chosen how it is refused.
    fn explain(&self, error: &UmaError, question: &Question) -> Rejection {
        let reason = match error {
            UmaError::Refused(refusal) if refusal.is_about_token() => Reason::Inactive,
            UmaError::Refused(refusal) if refusal.says_that_realm_is_off() => {
                Reason::IssuerDisabled
            }
            UmaError::Refused(refusal) if refusal.status.is_client_error() => {
                Reason::IssuerFailedAtToken
            }
            UmaError::Http(HttpError::Timeout) => Reason::IssuerTimeout,
            UmaError::Http(HttpError::Unreachable(_) | HttpError::ConnectionLost(_)) => {
                Reason::IssuerUnreachable
            }
            UmaError::Malformed(_) => Reason::IssuerAnswerMalformed,
            _ => Reason::IssuerFailed,
        };
        let question = excerpt(&question.to_string());
        let diagnosis = format!("no decision about the permission {question:?}: {error}");
        self.reported(Rejection::because(reason, diagnosis))
    }

    /// A call that failed is reported once, and not by each request that has waited for it.
    fn reported(&self, rejection: Rejection) -> Rejection {
        if rejection.retry_after().is_some() {
            let issuer = &self.server.discovery.issuer;
            let reason = rejection.reason().code();
            let diagnosis = rejection.diagnosis();
            tracing::warn!(target: "portcullis::uma", %issuer, reason, "{diagnosis}");
        }
        rejection
    }
}

impl UmaServer {
    const GRANT: &str = "urn:ietf:params:oauth:grant-type:uma-ticket";

    /// Whether the bearer of a token has a permission, by the server's word.
    async fn decision(&self, token: &AccessToken, question: &Question) -> Result<bool, UmaError> {
        let target = self.discovery.token_target(Connection::Plain).await?;
        let permission = question.to_string();
        let form = [
            ("grant_type", Self::GRANT),
            ("audience", self.client.client_id()),
            ("permission", &permission),
            ("response_mode", "decision"),
        ];
        let proof = Proof::bearer(bearer(token)?);
        let answer = self.post_form(&target.endpoint, &form, proof).await?;
        if answer.status() == StatusCode::OK {
            return result(&answer);
        }
        let refusal = Refusal::of(&answer, "token");
        if refusal.says_no() {
            return Ok(false);
        }
        if refusal.is_about_question() {
            let (issuer, permission) = (&self.discovery.issuer, excerpt(&permission));
            tracing::warn!(
                target: "portcullis::uma",
                %issuer,
                "the server knows no such permission, so nobody has it: {permission:?}: {refusal}"
            );
            return Ok(false);
        }
        Err(UmaError::Refused(refusal))
    }
}

fn result(answer: &Response<Bytes>) -> Result<bool, UmaError> {
    let malformed = || UmaError::Malformed("a decision is an object with a boolean `result`");
    let body = std::str::from_utf8(answer.body()).map_err(|_| malformed())?;
    let members = Members::parse(body).map_err(|_| malformed())?;
    let result = members.get("result").map(RawValue::get);
    match result {
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        _ => Err(malformed()),
    }
}

impl Refusal {
    /// The bearer does not have the permission.
    fn says_no(&self) -> bool {
        self.status == StatusCode::FORBIDDEN
            && matches!(
                self.error.as_str(),
                "access_denied" | "request_denied" | "request_submitted" | "need_info"
            )
            && !self.says_that_realm_is_off()
    }

    /// There is no such resource, or no such scope of it.
    fn is_about_question(&self) -> bool {
        self.status == StatusCode::BAD_REQUEST
            && matches!(
                self.error.as_str(),
                "invalid_resource" | "invalid_resource_id" | "invalid_scope"
            )
    }

    /// The token is good no longer.
    fn is_about_token(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED
            && matches!(self.error.as_str(), "invalid_grant" | "invalid_token")
    }

    fn says_that_realm_is_off(&self) -> bool {
        self.error == "access_denied" && self.description.contains("not enabled")
    }
}
