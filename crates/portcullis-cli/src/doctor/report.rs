use std::fmt::{self, Write};

use serde::Serialize;

use super::finding::{Finding, Mark};
use crate::terminal::{visible, visible_json};

/// What the doctor found, in the order that he looked.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    issuer: String,
    /// The first that is wrong, or else the first that could not be found out: everything after it may
    /// follow from it.
    first_wrong: Option<First>,
    checks: Vec<Finding>,
    exit_code: u8,
}

#[derive(Debug, Serialize)]
struct First {
    id: String,
    cause: Option<String>,
}

impl Report {
    pub(super) fn of(issuer: &str, checks: Vec<Finding>) -> Self {
        let first = |mark| checks.iter().find(|finding| finding.mark == mark);
        let hindrance = first(Mark::Wrong).or_else(|| first(Mark::Unknown));
        let first_wrong = hindrance.map(|finding| First {
            id: finding.id.to_string(),
            cause: finding.cause.as_deref().map(str::to_owned),
        });
        Self {
            issuer: issuer.to_owned(),
            first_wrong,
            exit_code: exit_code(&checks),
            checks,
        }
    }

    pub(super) fn exit_code(&self) -> u8 {
        self.exit_code
    }

    /// As JSON, safe to be shown.
    pub(super) fn json(&self) -> Result<String, serde_json::Error> {
        let json = serde_json::to_string_pretty(self)?;
        Ok(visible_json(&json) + "\n")
    }

    /// As lines, safe to be shown.
    pub(super) fn text(&self) -> Result<String, fmt::Error> {
        let mut out = String::new();
        writeln!(out, "{}", visible(&self.issuer))?;
        for finding in &self.checks {
            line(&mut out, finding)?;
        }
        let ending = match self.exit_code {
            ALL_GOOD => "nothing is wrong",
            WRONG => "begin with the first ✗: what comes after it may follow from it",
            _ => "it could not be found out: begin with the first ?",
        };
        writeln!(out, "{ending}")?;
        Ok(out)
    }
}

const ALL_GOOD: u8 = 0;
const WRONG: u8 = 1;
const NOT_KNOWN: u8 = 3;

fn exit_code(checks: &[Finding]) -> u8 {
    let has = |mark| checks.iter().any(|finding| finding.mark == mark);
    if has(Mark::Wrong) {
        WRONG
    } else if has(Mark::Unknown) {
        NOT_KNOWN
    } else {
        ALL_GOOD
    }
}

fn line(out: &mut String, finding: &Finding) -> fmt::Result {
    let took = finding.took.map_or_else(String::new, |took| {
        let milliseconds = took.as_millis();
        format!("{milliseconds} ms")
    });
    let symbol = finding.mark.symbol();
    let what = visible(&finding.what);
    writeln!(out, "{symbol} {:<18} {took:>8}  {what}", finding.id)?;
    for line in &finding.cure {
        writeln!(out, "{:31}{}", "", visible(line))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_counts_more_than_what_is_not_known() {
        let good = || Finding::good("a", "");
        let notable = || Finding::notable("b", "odd", "");
        let unknown = || Finding::unknown("c", "unreachable", "");
        let wrong = || Finding::wrong("d", "bad", "");
        for (checks, code) in [
            (vec![], 0),
            (vec![good(), notable(), Finding::not_run("e", "")], 0),
            (vec![good(), unknown()], 3),
            (vec![unknown(), wrong()], 1),
        ] {
            let report = Report::of("https://id.example.com", checks);
            assert_eq!(report.exit_code(), code);
        }
    }

    #[test]
    fn what_is_wrong_is_named_before_what_is_not_known() {
        let unknown = || Finding::unknown("b", "unreachable", "");
        let wrong = || Finding::wrong("c", "bad", "");
        for (checks, id, cause) in [
            (vec![unknown()], "b", "unreachable"),
            (vec![unknown(), wrong()], "c", "bad"),
        ] {
            let report = Report::of("https://id.example.com", checks);
            let json: serde_json::Value = serde_json::from_str(&report.json().unwrap()).unwrap();
            assert_eq!(json["first_wrong"]["id"], id);
            assert_eq!(json["first_wrong"]["cause"], cause);
        }
    }

    #[test]
    fn each_mark_has_its_sign_and_others_words_are_escaped() {
        let checks = vec![
            Finding::notable("a", "odd", ""),
            Finding::unknown("b", "unreachable", "it said \u{1b}[31m").cure("do\u{202e}"),
            Finding::wrong("c", "bad", ""),
        ];
        let report = Report::of("https://id.example.com", checks);
        let text = report.text().unwrap();
        assert!(text.contains("? b") && text.contains("do\\u202e"), "{text}");
        assert!(text.contains("! a") && text.contains("✗ c"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}
