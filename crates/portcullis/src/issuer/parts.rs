//! What verifiers are made of, each part checked where it is made.

use std::time::Duration;

use super::settings::Settings;
use crate::{
    Algorithm, ConfigError, Expectations, KeySet,
    discovery::{Discovery, KnownMetadata, NamedEndpoints, PublishedDocument},
    http_client::ServerUrl,
    telemetry::Telemetry,
};

impl Settings {
    pub(super) fn expectations(&self) -> Result<Expectations, ConfigError> {
        for resource in &self.resources {
            check_resource(resource)?;
        }
        let mut ours = self.audiences.iter().chain(&self.resources);
        let first = ours.next();
        let expectations = match (first, self.waives_audience) {
            (Some(_), true) => {
                return Err(ConfigError::new(
                    "audience",
                    "an audience is named and waived at the same time",
                    "drop either `audience(..)` or `danger_any_audience()`",
                ));
            }
            (None, false) => {
                return Err(ConfigError::new(
                    "audience",
                    "no audience is named, so a token for any other service would be good here",
                    "say `.audience(\"…\")` with the `aud` that tokens for this service have, or waive it by `danger_any_audience()`",
                ));
            }
            (Some(first), false) => ours.fold(Expectations::audience(first), |all, one| {
                all.or_audience(one)
            }),
            (None, true) => Expectations::danger_any_audience(),
        };
        if self.audiences.iter().any(String::is_empty) {
            return Err(ConfigError::new(
                "audience",
                "an audience is empty",
                "name the `aud` that tokens for this service have",
            ));
        }
        let mut expectations = expectations
            .issuer(self.issuer.clone())
            .leeway(self.leeway)
            .dialect(self.dialect)
            .kind(self.kind);
        if let Some(map) = &self.authorities {
            expectations = expectations.authorities(map.clone());
        }
        Ok(match &self.parties {
            Some(parties) => expectations.authorized_parties(parties.clone()),
            None => expectations,
        })
    }

    pub(super) fn discovery(&self) -> Result<Discovery, ConfigError> {
        let issuer = ServerUrl::configured("issuer", &self.issuer, self.allows_http)?;
        if issuer.url().query().is_some() {
            return Err(ConfigError::new(
                "issuer",
                "it has a query",
                "use the issuer exactly as it stands in `iss` (RFC 8414 §2)",
            ));
        }
        let named = |setting, address: &Option<String>| {
            address
                .as_deref()
                .map(|address| ServerUrl::configured(setting, address, self.allows_http))
                .transpose()
        };
        Ok(Discovery {
            issuer: self.issuer.clone(),
            base: named("fetch_from", &self.fetch_from)?.unwrap_or(issuer),
            document: PublishedDocument::Login,
            named: NamedEndpoints {
                jwks_uri: named("jwks_uri", &self.jwks_uri)?,
                introspection_endpoint: named(
                    "introspection_endpoint",
                    &self.introspection_endpoint,
                )?,
                token_endpoint: named("token_endpoint", &self.token_endpoint)?,
                permission_endpoint: named("permission_endpoint", &self.permission_endpoint)?,
            },
            allows_http: self.allows_http,
            deadline: self.key_limits.deadline,
            http: self.http_client()?,
            clock: self.clock.clone(),
            known: KnownMetadata::new(self.key_limits.deadline),
            telemetry: Telemetry::new(&self.issuer),
        })
    }

    pub(super) fn fixed_keys(
        &self,
        json: &[u8],
        algorithms: &[Algorithm],
    ) -> Result<KeySet, ConfigError> {
        if self.jwks_uri.is_some() {
            return Err(ConfigError::new(
                "keys",
                "keys are given and fetched at the same time",
                "drop either `keys(..)` or `jwks_uri(..)`",
            ));
        }
        let refuse = |problem: String| {
            ConfigError::new("keys", problem, "give a JWK Set with a signing key")
        };
        let set = KeySet::parse(json, algorithms).map_err(|error| refuse(error.to_string()))?;
        set.warn_of_private_keys(None);
        if set.usable_keys() == 0 {
            return Err(refuse("no key of the set can be used".to_owned()));
        }
        Ok(set)
    }

    pub(super) fn check_bounds(&self) -> Result<(), ConfigError> {
        const LONGEST_LEEWAY: Duration = Duration::from_secs(300);
        if self.leeway > LONGEST_LEEWAY {
            return Err(ConfigError::new(
                "leeway",
                "tokens would be good for more than five minutes after their end",
                "set the clocks; 60 seconds are plenty",
            ));
        }
        for (setting, deadline) in [
            ("introspection_deadline", self.introspection_deadline),
            ("fetch_deadline", self.key_limits.deadline),
        ] {
            if deadline.is_zero() {
                let problem = "no call can be answered in no time";
                return Err(ConfigError::new(setting, problem, "give it seconds"));
            }
        }
        const SECOND: Duration = Duration::from_secs(1);
        if self.key_limits.max_age < SECOND {
            return Err(ConfigError::new(
                "jwks_max_age",
                "every request would fetch the keys",
                "give it minutes; ten are the default",
            ));
        }
        if !(1..=100).contains(&self.key_limits.unknown_kid_burst)
            || self.key_limits.unknown_kid_period < SECOND
        {
            return Err(ConfigError::new(
                "unknown_key_fetches",
                "whoever makes up key ids could cause fetches without end, or honest new keys none",
                "allow 1 to 100 at once and one more each second at the most",
            ));
        }
        if self.parties.as_ref().is_some_and(Vec::is_empty) {
            return Err(ConfigError::new(
                "authorized_parties",
                "no client is named, so every token would be refused",
                "name the clients, or leave the setting out",
            ));
        }
        Ok(())
    }
}

/// A resource indicator is an absolute URI without a fragment (RFC 8707 §2).
fn check_resource(resource: &str) -> Result<(), ConfigError> {
    match url::Url::parse(resource) {
        Ok(url) if url.fragment().is_none() => Ok(()),
        _ => Err(ConfigError::new(
            "resource",
            format!("{resource:?} is not an absolute URI without a fragment (RFC 8707 §2)"),
            "for a plain name, as Keycloak's client ids are, use `audience(..)`",
        )),
    }
}
