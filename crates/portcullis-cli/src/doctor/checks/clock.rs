use std::time::Duration;

use http::header;
use portcullis::Reason;

use super::{
    judged::{Judged, There},
    own_token::{Clocks, OwnToken},
};
use crate::{
    doctor::{finding::Finding, settings::Settings, witness::Exchange},
    moment::{length, now},
};

/// A `Date` has whole seconds, as `iat` has for most, and the answer was on its way for a while.
const PRECISION: Duration = Duration::from_secs(2);

const ID: &str = "clock";

/// Our own clock against the server's. A token that the server calls active, and that is over here or has
/// not begun, is proof; then comes one that the server issues now; then the `Date` of its answers, which
/// may be that of a proxy.
pub(crate) fn check(
    settings: &Settings,
    seen: &[Exchange],
    judged: Option<&Judged>,
    own: Option<&OwnToken>,
) -> Finding {
    if let Some(off) = judged.and_then(proof) {
        return by_token(&off);
    }
    match own {
        Some(own) => compared(own.clocks, settings.leeway),
        None => by_date(seen, settings.leeway),
    }
}

/// By the `Date` of the server's answers alone.
pub(super) fn by_date(seen: &[Exchange], leeway: Duration) -> Finding {
    if let Some(clocks) = seen.iter().find_map(dates) {
        return compared(clocks, leeway);
    }
    let what = "the server's answers have no `Date` (Keycloak's own have none), so the clocks could not be compared";
    Finding::notable(ID, "no_date", what).cure(
        "name a client that the server issues tokens to itself (Keycloak: Service accounts roles), or give a token that was just issued and a client that may ask about it",
    )
}

/// How far this clock differs from the server's.
struct Difference {
    /// In seconds.
    at_least: f64,
    is_ahead: bool,
}

/// The server has called the token active, and by our clock it is over or has not begun.
fn proof(judged: &Judged) -> Option<Difference> {
    let There::Refused { rejection, .. } = &judged.there else {
        return None;
    };
    let lifetime = judged.lifetime;
    match rejection.reason() {
        Reason::Expired => Some(Difference {
            at_least: now() - lifetime.ends_at?,
            is_ahead: true,
        }),
        Reason::IssuedInFuture => Some(Difference {
            at_least: lifetime.issued_at? - now(),
            is_ahead: false,
        }),
        _ => None,
    }
}

fn compared(Clocks { server, ours }: Clocks, leeway: Duration) -> Finding {
    let (difference, is_ahead) = match ours.duration_since(server) {
        Ok(ahead) => (ahead, true),
        Err(behind) => (behind.duration(), false),
    };
    if difference <= PRECISION {
        return Finding::good(ID, "this clock and the server's agree");
    }
    let length = length(difference.as_secs_f64()).unwrap_or_else(|| "very long".to_owned());
    let way = if is_ahead { "ahead of" } else { "behind" };
    let what = format!("this clock is {length} {way} the server's");
    let finding = if difference > leeway + PRECISION {
        let leeway = leeway.as_secs();
        let consequence = consequence(is_ahead);
        let what = format!("{what}, more than the leeway of {leeway} s: {consequence}");
        Finding::wrong(ID, "clock_off", what)
    } else {
        Finding::notable(ID, "clock_drifts", what)
    };
    finding.cure(CURE)
}

fn by_token(off: &Difference) -> Finding {
    let length = length(off.at_least).unwrap_or_else(|| "very long".to_owned());
    let way = if off.is_ahead { "ahead of" } else { "behind" };
    let consequence = consequence(off.is_ahead);
    let what = format!(
        "this clock is at least {length} {way} the server's, which calls the token active: {consequence}"
    );
    Finding::wrong(ID, "clock_off", what).cure(CURE)
}

const CURE: &str = "have both machines keep their time by NTP (chrony, systemd-timesyncd)";

const fn consequence(is_ahead: bool) -> &'static str {
    if is_ahead {
        "good tokens seem expired"
    } else {
        "fresh tokens seem to come from the future"
    }
}

/// What the server's clock and ours said when an answer was made. One out of a cache says nothing of
/// now.
fn dates(exchange: &Exchange) -> Option<Clocks> {
    if exchange
        .header(header::AGE)
        .is_some_and(|age| age.trim() != "0")
    {
        return None;
    }
    let server = httpdate::parse_http_date(&exchange.header(header::DATE)?).ok()?;
    let ours = exchange.ended;
    Some(Clocks { server, ours })
}
