//! No page is forgotten: each stands in the summary, and what it has of code is compiled.
#![cfg(test)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use portcullis_book_suite::PAGES;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// The pages by their path below `docs/`.
fn pages() -> Vec<String> {
    let mut folders = vec![docs()];
    let mut pages = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                let page = path.strip_prefix(docs()).unwrap();
                pages.push(page.to_str().unwrap().to_owned());
            }
        }
    }
    pages.retain(|page| page != "SUMMARY.md");
    assert!(pages.len() > 15, "{pages:?}");
    pages
}

#[test]
fn every_page_stands_in_the_summary() {
    let summary = fs::read_to_string(docs().join("SUMMARY.md")).unwrap();
    for page in pages() {
        assert!(summary.contains(&format!("]({page})")), "{page}");
    }
}

#[test]
fn every_page_is_called_the_same_in_the_summary() {
    let summary = fs::read_to_string(docs().join("SUMMARY.md")).unwrap();
    for page in pages() {
        let text = fs::read_to_string(docs().join(&page)).unwrap();
        let title = text.lines().next().and_then(|line| line.strip_prefix("# "));
        let title = title.unwrap_or_else(|| panic!("{page} has no title"));
        let link = format!("[{title}]({page})");
        assert!(summary.contains(&link), "{link}");
    }
}

#[test]
fn the_code_of_every_page_is_compiled() {
    for page in pages() {
        let text = fs::read_to_string(docs().join(&page)).unwrap();
        let has_code = text.lines().any(|line| line.starts_with("```rust"));
        let page = format!("docs/{page}");
        assert_eq!(has_code, PAGES.contains(&page.as_str()), "{page}");
    }
}

#[test]
fn no_page_shows_what_only_rustdoc_would_hide() {
    for page in PAGES {
        let text = fs::read_to_string(docs().join("..").join(page)).unwrap();
        let mut in_code = false;
        for line in text.lines() {
            if line.starts_with("```") {
                in_code = line.starts_with("```rust");
            }
            let hidden = in_code && (line == "#" || line.starts_with("# "));
            assert!(!hidden, "{page}: {line}");
        }
    }
}

#[test]
fn every_page_says_what_its_code_sends_requests_with() {
    for page in PAGES {
        let text = fs::read_to_string(docs().join("..").join(page)).unwrap();
        let blocks = text.split("\n```rust").skip(1);
        let mut code = blocks.filter_map(|block| block.split("\n```").next());
        let sends = code.any(|code| code.contains("try_get(") || code.contains("try_post("));
        let is_told = text.contains("#a-request-to-a-router");
        assert!(is_told || !sends, "{page}");
    }
}
