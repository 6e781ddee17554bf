use super::suite::{Suite, elapsed};
use crate::{
    libtest::{Failure, Tally},
    table::Table,
};

/// What ran and what did not, ending with the sum on a line of its own. A suite that could not run
/// is skipped, or in CI failed.
pub(super) fn report(suites: &[Suite], is_ci: bool) -> (String, Tally) {
    let mut table = Table::headed(["suite", "passed", "failed", "skipped", "time"]);
    let mut sum = Tally::default();
    let mut remarks = Vec::new();
    for suite in suites {
        let tally = counted(suite, is_ci);
        sum += tally;
        table.row([
            suite.name.to_owned(),
            tally.passed.to_string(),
            tally.failed.to_string(),
            tally.skipped.to_string(),
            elapsed(suite.took),
        ]);
        remarks.extend(
            suite
                .notes
                .iter()
                .map(|note| format!("{}: {note}", suite.name)),
        );
    }
    let mut lines = vec![table.text(), String::new()];
    lines.append(&mut remarks);
    for suite in suites {
        lines.extend(suite.failures.iter().map(|failure| failed(suite, failure)));
        lines.extend(could_not_run(suite));
    }
    lines.push(last_line(sum));
    (lines.join("\n"), sum)
}

fn counted(suite: &Suite, is_ci: bool) -> Tally {
    let mut tally = suite.tally;
    match (&suite.wanting, is_ci) {
        (Some(_), true) => tally.failed += 1,
        (Some(_), false) => tally.skipped += 1,
        (None, _) => {}
    }
    tally
}

/// What has failed, and why: the end of the output is what is read first, and at times all that is kept.
fn failed(suite: &Suite, failure: &Failure) -> String {
    let mut text = format!("FAILED {}: {}", suite.name, failure.what);
    for line in &failure.said {
        text.push_str("\n    ");
        text.push_str(line);
    }
    text
}

fn could_not_run(suite: &Suite) -> Option<String> {
    let wanting = suite.wanting.as_ref()?;
    let mut text = format!("{} could not run: {}", suite.name, wanting.why);
    if let Some(cure) = &wanting.cure {
        text.push_str(&format!("\n  to run it, install what is missing: {cure}"));
    }
    Some(text)
}

fn last_line(
    Tally {
        passed,
        failed,
        skipped,
    }: Tally,
) -> String {
    match skipped {
        0 => format!("{passed} passed, {failed} failed"),
        _ => format!("{passed} passed, {failed} failed, {skipped} skipped"),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::suite::Wanting, *};

    fn suites() -> [Suite; 2] {
        let mut ran = Suite::new("doctests");
        ran.tally.passed = 7;
        let mut wanting = Suite::new("real Keycloak");
        wanting.wanting = Some(Wanting {
            why: "no Java 17 here".to_owned(),
            cure: Some("apt-get install openjdk-17-jdk-headless".to_owned()),
        });
        [ran, wanting]
    }

    #[test]
    fn what_could_not_run_is_said_and_skipped() {
        let (text, sum) = report(&suites(), false);
        assert!(text.contains("real Keycloak could not run: no Java 17 here"));
        assert!(text.contains("apt-get install openjdk-17-jdk-headless"));
        assert!(text.ends_with("\n7 passed, 0 failed, 1 skipped"));
        assert_eq!(sum.failed, 0);
    }

    #[test]
    fn in_ci_what_could_not_run_has_failed() {
        let (text, sum) = report(&suites(), true);
        assert!(text.ends_with("\n7 passed, 1 failed"));
        assert_eq!(sum.failed, 1);
    }

    #[test]
    fn a_failure_is_explained_above_the_sum() {
        let mut suite = Suite::new("demo");
        suite.fail("`cargo run` failed: exit status: 1\nerror: no such command");
        suite.notes.push("as fast as ever".to_owned());
        let (text, _) = report(&[suite], false);
        assert!(text.ends_with(
            "\ndemo: as fast as ever\n\
             FAILED demo: `cargo run` failed: exit status: 1\n    error: no such command\n\
             0 passed, 1 failed"
        ));
    }
}
