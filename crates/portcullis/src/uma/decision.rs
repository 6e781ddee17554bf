use std::{fmt, iter, sync::Arc};

use crate::{Rejection, RequirePermission, Requirement, Timestamp, TokenFacts};

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
    /// of them is granted. Nothing, where a name could be read as something else than it says: Keycloak
    /// takes an id without a hyphen for a name.
    pub(super) fn questions(requirement: &RequirePermission) -> Vec<Question> {
        let resource = requirement.resource();
        const LONGEST: usize = 1024;
        /// What stands for all resources of a type at Keycloak, its owner's or anybody's.
        const TYPES: &str = "resource-type";
        let is_plain =
            |name: &str| (1..=LONGEST).contains(&name.len()) && !name.contains(['#', ',']);
        let is_one = is_plain(resource)
            && !resource.starts_with(TYPES)
            && (!requirement.is_by_id() || resource.contains('-'));
        if !is_one || !requirement.scopes().all(is_plain) {
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
    pub(super) resource: String,
    pub(super) scope: Option<String>,
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
