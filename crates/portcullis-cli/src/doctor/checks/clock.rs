use std::time::{Duration, SystemTime};

use http::header;

use super::verdict::{ClockDifference, Judged};
use crate::{
    doctor::{finding::Finding, witness::Exchange},
    moment::length,
};

/// A `Date` has whole seconds, and the answer was on its way for a while.
const PRECISION: Duration = Duration::from_secs(2);

const ID: &str = "clock";

/// Our own clock against the server's: by the `Date` of its answers, or else by a token that the server
/// calls active and that is over here, or has not begun.
pub(crate) fn check(seen: &[Exchange], leeway: Duration, judged: Option<&Judged>) -> Finding {
    if let Some((server, ours)) = seen.iter().find_map(dates) {
        return by_date(server, ours, leeway);
    }
    if let Some(off) = judged.and_then(|judged| judged.clock_difference()) {
        return by_token(off);
    }
    let what = "the server's answers have no `Date` (Keycloak's own have none), so the clocks could not be compared";
    Finding::notable(ID, "no_date", what).cure(
        "give a token that was just issued, and a client that may ask about it: clocks that differ by more than the leeway show by that",
    )
}

fn by_date(server: SystemTime, ours: SystemTime, leeway: Duration) -> Finding {
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

fn by_token(off: &ClockDifference) -> Finding {
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
fn dates(exchange: &Exchange) -> Option<(SystemTime, SystemTime)> {
    if exchange
        .header(header::AGE)
        .is_some_and(|age| age.trim() != "0")
    {
        return None;
    }
    let date = httpdate::parse_http_date(&exchange.header(header::DATE)?).ok()?;
    Some((date, exchange.ended))
}
