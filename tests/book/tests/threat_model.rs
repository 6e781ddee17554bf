//! `docs/threat-model.md` has each promise of `SECURITY.md`, and names tests that exist.
#![cfg(test)]

use std::{collections::BTreeSet, fs, path::Path};

const PAGE: &str = include_str!("../../../docs/threat-model.md");
const SECURITY: &str = include_str!("../../../SECURITY.md");

/// The names of all tests of the repository.
fn tests() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut folders = vec![root.join("crates"), root.join("tests")];
    let mut names = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") && !path.ends_with("node_modules") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                names.extend(tests_of(&fs::read_to_string(path).unwrap()));
            }
        }
    }
    assert!(names.len() > 2000, "{}", names.len());
    names
}

/// Functions with an attribute that ends with `test]` or `test(…)]` above them.
fn tests_of(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut is_test = false;
    for line in code.lines().map(str::trim) {
        if let Some(attribute) = line.strip_prefix("#[") {
            let path = attribute.split(['(', ']']).next().unwrap_or_default();
            is_test |= path == "test" || path.ends_with("::test");
            continue;
        }
        let function = line
            .strip_prefix("async ")
            .unwrap_or(line)
            .strip_prefix("fn ");
        if let Some(name) = function.and_then(|function| function.split('(').next())
            && is_test
        {
            names.push(name.to_owned());
        }
        is_test &= line.starts_with("//");
    }
    names
}

/// The text behind a heading of the page.
fn behind(heading: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(heading).unwrap();
    rest.split("\n## ").next().unwrap()
}

/// What stands between backticks and is written as tests are named.
fn named(text: &str) -> Vec<&str> {
    let quoted = text.split('`').skip(1).step_by(2);
    let is_name = |it: &&str| {
        it.contains('_')
            && it
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
    };
    quoted.filter(is_name).collect()
}

#[test]
fn every_test_that_is_named_exists() {
    let tests = tests();
    let mut named: Vec<&str> = [
        "## The promises, and what proves them\n",
        "## And beyond those\n",
    ]
    .into_iter()
    .flat_map(|heading| named(behind(heading)))
    .collect();
    assert!(named.len() > 80, "{named:?}");
    named.retain(|name| !tests.contains(*name));
    assert!(named.is_empty(), "{named:#?}");
}

#[test]
fn every_promise_is_proven() {
    let (_, promises) = SECURITY.split_once("## What we promise\n").unwrap();
    let numbers = promises.lines().filter_map(|line| {
        let number = line.split_once(". ")?.0;
        number.parse::<u32>().ok()
    });
    let numbers: Vec<u32> = numbers.collect();
    assert_eq!(numbers.len(), 12, "{numbers:?}");
    let proofs = behind("## The promises, and what proves them\n");
    for number in numbers {
        let section = proofs.split_once(&format!("\n### {number}. "));
        let (_, section) = section.unwrap_or_else(|| panic!("promise {number} is not there"));
        let section = section.split("\n### ").next().unwrap();
        assert!(named(section).len() > 2, "promise {number} is not proven");
    }
}
