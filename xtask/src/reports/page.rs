//! `docs/proof.md`: what the reports say, for those who do not read JSON.

use std::path::Path;

use serde_json::{Map, Value};

use super::FOLDER;
use crate::{cargo::workspace_root, error::XtaskError, files};

const PAGE: &str = "docs/proof.md";
const OPENING: (&str, &str) = ("<!-- ", ": made by cargo xtask proof -->\n");
const CLOSING: &str = "<!-- end -->";

/// Writes the figures of all reports that the page has a place for.
pub(crate) fn write() -> Result<(), XtaskError> {
    let path = workspace_root().join(PAGE);
    let page = files::read(&path)?;
    let filled = filled(&page, &mut report)?;
    if filled != page {
        files::write(&path, &filled)?;
    }
    Ok(())
}

/// The page with each block made anew of the report that it is named after.
fn filled(
    page: &str,
    report: &mut impl FnMut(&str) -> Result<Value, XtaskError>,
) -> Result<String, XtaskError> {
    let malformed = |reason| files::malformed(Path::new(PAGE), reason);
    let mut filled = String::with_capacity(page.len());
    let mut rest = page;
    while let Some((before, after)) = rest.split_once(OPENING.1) {
        let name = before.rsplit(OPENING.0).next().unwrap_or_default();
        let (_, after) = after
            .split_once(CLOSING)
            .ok_or_else(|| malformed(format!("`{name}` has no end")))?;
        let block = block(&report(name)?)
            .ok_or_else(|| malformed(format!("the report `{name}` is no object")))?;
        filled.extend([before, OPENING.1, &block, &chart(name), CLOSING]);
        rest = after;
    }
    Ok(filled + rest)
}

/// One report: when and how it was made, its figures, and a table for each of its lists.
fn block(report: &Value) -> Option<String> {
    if report.is_null() {
        return Some("Not run yet.\n".to_owned());
    }
    let report = report.as_object()?;
    let said = |name| report.get(name).map(cell).unwrap_or_default();
    let mut block = format!(
        "`{}`, {}, {}.\n\n| figure | value |\n|---|---:|\n",
        said("command"),
        said("date"),
        said("rustc")
    );
    let made = ["command", "date", "rustc"];
    let figures = report.iter().filter(|(name, value)| {
        !made.contains(&name.as_str()) && !value.is_array() && !value.is_object()
    });
    for (name, value) in figures {
        block += &format!("| {} | {} |\n", words(name), cell(value));
    }
    for (name, rows) in report
        .iter()
        .filter_map(|(name, value)| Some((name, value.as_array()?)))
    {
        block += &table(name, rows);
    }
    Some(block)
}

/// The chart that a report came with, if there is one.
fn chart(name: &str) -> String {
    let file = format!("charts/{name}.svg");
    if workspace_root().join("docs").join(&file).exists() {
        format!("\n![{name}]({file})\n")
    } else {
        String::new()
    }
}

/// A list of objects of one kind; what else is listed is not shown.
fn table(name: &str, rows: &[Value]) -> String {
    let rows: Vec<&Map<String, Value>> = rows.iter().filter_map(Value::as_object).collect();
    let Some(first) = rows.first() else {
        return String::new();
    };
    // What a row is called before what is said of it.
    let (names, figures): (Vec<_>, Vec<_>) = first.iter().partition(|(_, value)| value.is_string());
    let columns: Vec<&String> = names
        .iter()
        .chain(&figures)
        .map(|(name, _)| *name)
        .collect();
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut table = format!("\n{}:\n\n", words(name));
    table += &line(columns.iter().map(|column| words(column)).collect());
    table += &line(vec!["---".to_owned(); columns.len()]);
    for row in rows {
        let cells = columns.iter().map(|column| row.get(*column).map(cell));
        table += &line(cells.map(Option::unwrap_or_default).collect());
    }
    table
}

fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// A value as it is read in a table: numbers in groups of three.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::Number(number) => grouped(&number.to_string()),
        // What is written in Rust is no HTML.
        Value::String(text) => text
            .replace('|', "\\|")
            .replace('<', "\\<")
            .replace('\n', " "),
        other => other.to_string(),
    }
}

fn grouped(number: &str) -> String {
    let (whole, rest) = number.split_at(number.find('.').unwrap_or(number.len()));
    let mut text = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0
            && digit.is_ascii_digit()
            && (whole.len() - place) % 3 == 0
            && !text.ends_with('-')
        {
            text.push(',');
        }
        text.push(digit);
    }
    text + rest
}

/// A report, or null where it was not made yet.
fn report(name: &str) -> Result<Value, XtaskError> {
    let path = workspace_root().join(FOLDER).join(format!("{name}.json"));
    if !path.exists() {
        return Ok(Value::Null);
    }
    files::read_json(&path)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::*;

    #[test]
    fn the_page_says_what_the_reports_say() {
        let page = files::read(&workspace_root().join(PAGE)).unwrap();
        assert_eq!(
            filled(&page, &mut report).unwrap(),
            page,
            "`cargo xtask proof page` writes it"
        );
    }

    #[test]
    fn every_report_has_a_place_on_the_page() {
        let page = files::read(&workspace_root().join(PAGE)).unwrap();
        for entry in fs::read_dir(workspace_root().join(FOLDER)).unwrap() {
            let path = entry.unwrap().path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                let name = path.file_stem().unwrap().to_str().unwrap();
                let opening = format!("{}{name}{}", OPENING.0, OPENING.1);
                assert!(page.contains(&opening), "{name}");
            }
        }
    }

    #[test]
    fn a_report_that_is_not_there_is_not_run_yet() {
        let page = "<!-- no-such-report: made by cargo xtask proof -->\n<!-- end -->";
        let filled = filled(page, &mut report).unwrap();
        assert!(
            filled.contains("-->\nNot run yet.\n<!-- end -->"),
            "{filled}"
        );
    }

    #[test]
    fn a_block_takes_the_place_of_the_one_before() {
        let page = "a\n<!-- x: made by cargo xtask proof -->\nold\n<!-- end -->\nb\n";
        let report = json!({
            "date": "2000-01-01", "command": "c", "rustc": "r", "wrong_accepts": 0, "executions": 1234567,
            "runs": [{ "target": "a|<b>", "is_good": true }], "names": ["not shown"],
        });
        let made = filled(page, &mut |name| {
            assert_eq!(name, "x");
            Ok(report.clone())
        })
        .unwrap();
        for part in [
            "| wrong accepts | 0 |",
            "| executions | 1,234,567 |",
            "| a\\|\\<b> | yes |",
            "\nb\n",
        ] {
            assert!(made.contains(part), "{part} in {made}");
        }
        assert!(!made.contains("old") && !made.contains("not shown"));
        assert_eq!(filled(&made, &mut |_| Ok(report.clone())).unwrap(), made);
    }

    #[test]
    fn numbers_are_grouped_and_keep_their_sign_and_fraction() {
        assert_eq!(grouped("-123456.75"), "-123,456.75");
        assert_eq!(grouped("999"), "999");
        assert_eq!(grouped("1000"), "1,000");
    }
}
