//! Points in time as people read them.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::{Span, SpanRound, Timestamp, Unit};
use serde::Serialize;

/// A point in time: absolutely, and as seen from now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Moment {
    /// Seconds since the Unix epoch, as they were told.
    pub(crate) seconds: f64,
    /// `None` for years that no calendar has.
    pub(crate) utc: Option<String>,
    /// `in 4m 3s`, `2h ago` or `now`.
    pub(crate) relative: Option<String>,
}

impl Moment {
    /// A point in time as it is seen at another, both in seconds since the Unix epoch.
    pub(crate) fn of(seconds: f64, now: f64) -> Self {
        let whole = whole_seconds(seconds);
        let timestamp = whole.and_then(|whole| Timestamp::from_second(whole).ok());
        Self {
            seconds,
            utc: timestamp.map(|it| it.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()),
            relative: relative(seconds - now),
        }
    }
}

fn relative(difference: f64) -> Option<String> {
    let length = length(difference.abs())?;
    Some(match difference {
        _ if length == "0s" => "now".to_owned(),
        ahead if ahead > 0.0 => format!("in {length}"),
        _ => format!("{length} ago"),
    })
}

/// A length of time in days, hours, minutes and seconds: `1d 2h 3m 4s`.
pub(crate) fn length(seconds: f64) -> Option<String> {
    let span = Span::new().try_seconds(whole_seconds(seconds)?).ok()?;
    let in_days = SpanRound::new().largest(Unit::Day).days_are_24_hours();
    let span = span.round(in_days).ok()?;
    Some(format!("{span:#}"))
}

/// Seconds since the Unix epoch.
pub(crate) fn now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
}

/// `None` for what is beyond all calendars.
fn whole_seconds(seconds: f64) -> Option<i64> {
    const BEYOND_ALL_CALENDARS: f64 = 1e12;
    (seconds.abs() < BEYOND_ALL_CALENDARS).then_some(seconds as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_both_ways() {
        const NOW: f64 = 1_795_777_096.0;
        for (seconds, utc, relative) in [
            (NOW, "2026-11-27 10:58:16 UTC", "now"),
            (NOW + 243.7, "2026-11-27 11:02:19 UTC", "in 4m 3s"),
            (NOW - 93_600.0, "2026-11-26 08:58:16 UTC", "1d 2h ago"),
            (0.0, "1970-01-01 00:00:00 UTC", "20784d 10h 58m 16s ago"),
        ] {
            let moment = Moment::of(seconds, NOW);
            assert_eq!(moment.utc.as_deref(), Some(utc));
            assert_eq!(moment.relative.as_deref(), Some(relative));
        }
    }

    #[test]
    fn what_is_no_date_is_told_as_a_number() {
        for seconds in [1e300, f64::INFINITY, 1e12] {
            let moment = Moment::of(seconds, 0.0);
            assert_eq!((moment.utc, moment.relative), (None, None));
        }
    }
}
