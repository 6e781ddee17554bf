use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use super::{
    bench, measured,
    recorded::{Change, Counts},
    runner,
};
use crate::{
    Faults, Verdict, cargo::target_dir, error::XtaskError, libtest::LastWords, setup, table::Table,
    watch::watch_closely_for,
};

/// Longer than it takes to build and count in the time that everything else there is to run leaves over.
const LIMIT: Duration = Duration::from_secs(60 * 60);

/// Counts the instructions of every case.
pub(super) fn count() -> Result<(Faults, Counts), XtaskError> {
    setup::valgrind()?;
    let runner = runner::ready()?;
    let started = SystemTime::now();
    let mut last_words = LastWords::default();
    let mut command = bench("instructions");
    command.env("GUNGRAUN_RUNNER", runner);
    command.env("GUNGRAUN_SAVE_SUMMARY", "json");
    let ending = watch_closely_for(LIMIT, &mut command, |said| last_words.line(said))?;
    let counted: BTreeMap<String, u64> = measured::instructions_since(started, &target_dir())?;
    let faults = if ending.is_success() {
        Faults::new()
    } else {
        vec![last_words.below(&format!(
            "the benchmarks did not run to their end: {ending}"
        ))]
    };
    Ok((faults, Counts::counted(counted)))
}

/// Counts, and holds what it counted against what was recorded. A cache tidies up by the time of day, and does so
/// within what is counted where the processor was with others just before: what seems slower is counted once more.
pub(crate) fn check() -> Result<Faults, XtaskError> {
    let recorded = Counts::recorded()?;
    let (mut faults, mut now) = count()?;
    println!("\n{}", table(&now, &recorded).text());
    if faults.is_empty() && has(&now.since(&recorded), Change::Slower) {
        println!("\nSomething seems slower, and is counted once more.");
        let (others, again) = count()?;
        faults.extend(others);
        now = now.least(&again);
        println!("\n{}", table(&now, &recorded).text());
    }
    let cases = recorded.instructions.keys();
    let lost = cases.filter(|case| !now.instructions.contains_key(*case));
    faults.extend(lost.map(|case| format!("{case} was not counted")));
    if now.toolchain != recorded.toolchain {
        println!(
            "\nThe counts were recorded with {}, these come from {}: no verdict.",
            recorded.toolchain, now.toolchain
        );
        return Ok(faults);
    }
    let changes = now.since(&recorded);
    if has(&changes, Change::Slower) {
        println!("\nSlower by more than 5 %. Where that is meant: cargo xtask bench --record");
    }
    if has(&changes, Change::Faster) || has(&changes, Change::New) {
        println!("\nNot what was recorded: cargo xtask bench --record");
    }
    faults.extend(changes.iter().filter_map(|(case, change)| {
        let count = |counts: &Counts| counts.instructions.get(case).copied().unwrap_or_default();
        match change {
            Change::Slower => Some(format!(
                "{case} takes {} instructions, 5 % more than the {} recorded",
                count(&now),
                count(&recorded)
            )),
            Change::New => Some(format!("{case} has never been recorded")),
            Change::Same | Change::Faster => None,
        }
    }));
    Ok(faults)
}

/// Whether any case has become that.
fn has(changes: &[(String, Change)], change: Change) -> bool {
    changes.iter().any(|(_, it)| *it == change)
}

/// Counts, and records what it counted.
pub(super) fn record() -> Result<Verdict, XtaskError> {
    let (faults, now) = count()?;
    if let Ok(recorded) = Counts::recorded() {
        println!("\n{}", table(&now, &recorded).text());
    }
    let is_complete = faults.is_empty() && !now.instructions.is_empty();
    if is_complete {
        now.record()?;
    }
    Ok(Verdict::good_if(is_complete))
}

fn table(now: &Counts, recorded: &Counts) -> Table {
    let mut table = Table::headed(["case", "recorded", "now", "change", ""]);
    for (case, change) in now.since(recorded) {
        let count = |counts: &Counts| counts.instructions.get(&case).copied();
        let (then, now) = (count(recorded), count(now));
        let shown = |count: Option<u64>| count.map_or("-".to_owned(), |count| count.to_string());
        let more = then.zip(now).map_or("-".to_owned(), |(then, now)| {
            format!("{:+.1} %", (now as f64 / then as f64 - 1.0) * 100.0)
        });
        let word = match change {
            Change::Same => "",
            Change::Faster => "faster",
            Change::Slower => "SLOWER",
            Change::New => "new",
        };
        table.row([case.clone(), shown(then), shown(now), more, word.to_owned()]);
    }
    table
}
