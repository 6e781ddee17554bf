//! What the doctor looks at, one file each.

pub(super) mod audience;
pub(super) mod audience_rule;
pub(super) mod clock;
mod connection;
pub(super) mod credentials;
mod disagreement;
mod discovery;
pub(super) mod hint;
mod issuer;
mod judged;
pub(super) mod keys;
mod login_page;
pub(super) mod logout;
pub(super) mod logout_url;
pub(super) mod not_before;
pub(super) mod own_token;
mod probe;
mod refusal;
pub(super) mod server;
mod stopped;
pub(super) mod token;
mod userinfo;
mod verdict;

use super::{finding::Finding, settings::Settings};

/// What has to be known of the issuer before it can be looked at.
pub(super) fn not_run(settings: &Settings, why: &str) -> Vec<Finding> {
    let mut ids = vec!["keys", "algorithms"];
    if settings.client.is_some() {
        ids.extend(["credentials", "hint"]);
    }
    ids.extend(["audience", "logout", "not_before"]);
    if settings.token.is_some() {
        ids.push("token");
    }
    let ids = ids.into_iter();
    ids.map(|id| Finding::not_run(id, why)).collect()
}
