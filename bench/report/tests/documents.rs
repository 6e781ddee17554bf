//! What `docs/` shows is what the report says.

use std::fs;

use portcullis_bench_report::{Report, documents, report_file};

#[test]
fn the_pages_and_charts_are_those_of_the_report() -> Result<(), portcullis_bench::Failure> {
    let report = Report::read(&report_file())?;
    for (file, text) in documents(&report)? {
        let there = fs::read_to_string(&file).unwrap_or_default();
        assert!(
            there == text,
            "{} is not made of bench/report.json: run `cargo run --manifest-path bench/Cargo.toml \
             -p portcullis-bench-report -- --docs`",
            file.display()
        );
    }
    Ok(())
}

#[test]
fn every_figure_that_was_promised_is_there() -> Result<(), portcullis_bench::Failure> {
    let report = Report::read(&report_file())?;
    for id in [
        "known-token",
        "first-sight-rs256",
        "first-sight-es256",
        "first-sight-eddsa",
        "introspection-hit",
        "require-active",
        "allocations",
        "http-throughput",
        "memory-per-token",
        "growth",
    ] {
        assert!(report.figure(id).is_some(), "{id}");
    }
    Ok(())
}
