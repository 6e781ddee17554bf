use std::{any::Any, fmt::Write, time::Duration};

use tower_layer::Layer;

use super::{Require, Requirement};
use crate::{
    ConfigError, Reason, Rejection, Scope, Timestamp, TokenFacts,
    claims::{Members, RegisteredClaims},
};

/// Requires that the user was authenticated well enough, or lately enough (step-up authentication,
/// RFC 9470): a guard for a route, and a requirement for a handler. Otherwise 401
/// `insufficient_user_authentication`, which names what the client has to obtain a token with.
///
/// What the newest statement about the token says of `acr` and `auth_time` counts. Keycloak's answers
/// speak of the session as it is now: after a better login earlier tokens of the same client are as
/// good where it is asked, and a token of a login without a browser has no `auth_time`.
#[derive(Debug, Clone)]
#[must_use]
pub struct RequireAcr {
    /// Any of these will do; `None` where the time alone counts.
    values: Option<Scope>,
    max_age: Option<Duration>,
}

impl RequireAcr {
    /// How far the clocks of issuer and service may differ.
    const LEEWAY: Duration = Duration::from_secs(30);

    /// One of these authentication context class references, the preferred one first. They are
    /// compared whole; none counts as stronger than another.
    ///
    /// # Errors
    /// When there is none, or one of them is empty, or has a space, a quote, a backslash or a
    /// character outside printable ASCII.
    pub fn one_of<V: AsRef<str>>(values: impl IntoIterator<Item = V>) -> Result<Self, ConfigError> {
        let values = Scope::of(values).map_err(|_| {
            ConfigError::new(
                "acr_values",
                "an authentication context class reference is missing, or cannot stand in a challenge",
                "give each as an element of its own, without spaces or quotes",
            )
        })?;
        Ok(Self {
            values: Some(values),
            max_age: None,
        })
    }

    /// An authentication at most `age` ago, in whole seconds, whatever it was.
    pub fn authenticated_within(age: Duration) -> Self {
        Self {
            values: None,
            max_age: Some(age),
        }
    }

    /// And the authentication is at most `age` ago, in whole seconds.
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    fn is_met_by_class(&self, claims: &Members<'_>) -> bool {
        let Some(values) = &self.values else {
            return true;
        };
        let acr = claims.get("acr");
        let acr: Option<String> = acr.and_then(|acr| serde_json::from_str(acr.get()).ok());
        acr.is_some_and(|acr| values.contains(&acr))
    }

    fn is_met_by_time(&self, claims: &Members<'_>, now: Timestamp) -> bool {
        let Some(max_age) = self.max_age else {
            return true;
        };
        RegisteredClaims::parse_date("auth_time", claims).is_some_and(|authenticated| {
            let is_lately = authenticated.plus(max_age) >= now;
            is_lately && authenticated <= now.plus(Self::LEEWAY)
        })
    }

    /// What the challenge names (RFC 9470 §3).
    fn parameters(&self) -> String {
        let mut parameters = String::new();
        if let Some(values) = &self.values {
            let _ = write!(parameters, ", acr_values=\"{}\"", values.as_str());
        }
        if let Some(age) = self.max_age {
            let _ = write!(parameters, ", max_age=\"{}\"", age.as_secs());
        }
        parameters
    }
}

impl PartialEq for RequireAcr {
    fn eq(&self, other: &Self) -> bool {
        fn values(acr: &RequireAcr) -> Option<&str> {
            acr.values.as_ref().map(Scope::as_str)
        }
        self.max_age == other.max_age && values(self) == values(other)
    }
}

impl Requirement for RequireAcr {
    fn judge(&self, facts: &TokenFacts, now: Timestamp) -> Result<(), Rejection> {
        let met = Members::parse(facts.json())
            .is_ok_and(|claims| self.is_met_by_class(&claims) && self.is_met_by_time(&claims, now));
        if met {
            return Ok(());
        }
        let diagnosis = "the route needs another `acr`, or an authentication that is not as long ago (`auth_time`)";
        Err(
            Rejection::because(Reason::InsufficientAuthentication, diagnosis)
                .with_parameters(self.parameters()),
        )
    }

    fn is_same_as(&self, other: &dyn Requirement) -> bool {
        (other as &dyn Any).downcast_ref() == Some(self)
    }
}

impl<S> Layer<S> for RequireAcr {
    type Service = Require<S>;

    fn layer(&self, inner: S) -> Require<S> {
        Require::new(inner, self.clone())
    }
}
