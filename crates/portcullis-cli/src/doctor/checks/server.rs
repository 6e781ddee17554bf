//! Whether the issuer can be reached, and is the one that was configured.

use portcullis::{ConfigError, ConnectError, Issuer};
use serde_json::Value;

use super::{clock, connection, discovery, keys};
use crate::doctor::{finding::Finding, progress::Progress, settings::Settings, witness::Exchange};

/// An issuer that was connected to, and what was seen on the way.
pub(crate) struct Server {
    pub(crate) issuer: Issuer,
    pub(crate) seen: Vec<Exchange>,
    /// What it publishes of itself.
    pub(crate) metadata: Value,
}

/// Connects as a service does at its start.
pub(crate) async fn connect(
    settings: &Settings,
    progress: Progress,
    findings: &mut Vec<Finding>,
) -> Option<Server> {
    let builder = match settings.issuer() {
        Ok(builder) => builder,
        Err(error) => {
            findings.push(refused_settings(&error));
            return None;
        }
    };
    let connecting = progress.during("asking the issuer about itself", builder.connect());
    let outcome = connecting.await;
    let seen = settings.witness.take();
    match outcome {
        Ok(issuer) => {
            let metadata = discovery::document(&seen);
            findings.push(connection::reached(&seen));
            findings.push(connection::tls(settings, &seen));
            findings.extend([discovery::found(&seen), discovery::same_issuer(&seen)]);
            Some(Server {
                issuer,
                seen,
                metadata,
            })
        }
        Err(error) => {
            findings.extend(explain(settings, &error, &seen).await);
            if !seen.iter().all(|exchange| exchange.outcome.is_err()) {
                findings.push(clock::by_date(&seen, settings.leeway));
            }
            None
        }
    }
}

fn refused_settings(error: &ConfigError) -> Finding {
    Finding::wrong("settings", "settings_refused", error.to_string())
        .cure(format!("change `{}`", error.setting()))
}

async fn explain(settings: &Settings, error: &ConnectError, seen: &[Exchange]) -> Vec<Finding> {
    if let Some(error) = error.settings() {
        return vec![refused_settings(error)];
    }
    let read_nothing_else = seen.iter().all(Exchange::is_of_metadata);
    if let Some(error) = error.http_error().filter(|_| read_nothing_else) {
        return match connection::tls_failure(settings, error, seen).await {
            Some(tls) => vec![connection::reached(seen), tls],
            None => vec![connection::unreachable(error, seen)],
        };
    }
    let mut findings = vec![connection::reached(seen), connection::tls(settings, seen)];
    findings.extend(if let Some(found) = error.found_issuer() {
        vec![
            discovery::found(seen),
            discovery::other_issuer(settings, found, seen),
        ]
    } else if read_nothing_else {
        let took = seen.iter().map(|exchange| exchange.took).sum();
        vec![discovery::no_metadata(settings, error, seen).took(took)]
    } else {
        vec![
            discovery::found(seen),
            discovery::same_issuer(seen),
            keys::none(error, seen),
        ]
    });
    findings
}
