use serde_json::Value;

use super::server::Server;
use crate::doctor::{finding::Finding, settings::Settings};

/// Whether the server tells of sessions that end (OpenID Connect Back-Channel Logout 1.0 §2.1).
pub(crate) fn check(settings: &Settings, server: &Server) -> Finding {
    const ID: &str = "logout";
    let says = |name: &str| server.metadata.get(name).and_then(Value::as_bool);
    if says("backchannel_logout_supported") != Some(true) {
        let what = "the server does not say that it tells of sessions that end";
        return Finding::notable(ID, "no_backchannel_logout", what).cure(
            "what ended shows where the server is asked: `RequireActive`, or `recheck_every(..)` for all routes",
        );
    }
    let with_sid = if says("backchannel_logout_session_supported") == Some(true) {
        ", and names the session"
    } else {
        ""
    };
    let what = format!("the server can tell of sessions that end{with_sid}");
    let finding = if settings.logout_url.is_some() {
        Finding::good(ID, what)
    } else {
        let what = format!("{what}; whether this service is told is not known here");
        Finding::notable(ID, "arrival_unknown", what)
            .cure("name where this service takes notices, to have that tried: --logout-url URL")
    };
    match &settings.realm {
        Some(realm) => finding.cure(realm.client_setting(
            "the front end's client",
            "Settings → Logout settings",
            "Front channel logout: Off (or no notice is sent), Backchannel logout URL of this service, Backchannel logout session required: On",
        )),
        None => finding.cure("register the back-channel logout URL of this service with the client that users log in with"),
    }
}
