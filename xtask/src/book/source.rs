//! What mdbook reads: a copy of `docs/` in which links that leave it lead to the repository's pages.

use std::{fs, path::Path};

use crate::{
    cargo::workspace_root,
    error::XtaskError,
    files::{unreadable, unwritable},
};

/// Where a reader of the book finds what is not in it.
const REPOSITORY: &str = "https://github.com/portcullis-rs/portcullis/blob/main/";

/// Copies `docs/` to `target`, and gives back the links that lead nowhere.
pub(super) fn prepare(target: &Path) -> Result<Vec<String>, XtaskError> {
    if target.exists() {
        fs::remove_dir_all(target).map_err(unwritable(target))?;
    }
    let mut faults = Vec::new();
    copy(&workspace_root().join("docs"), target, "docs", &mut faults)?;
    Ok(faults)
}

/// `place` is the folder's own in the repository.
fn copy(from: &Path, to: &Path, place: &str, faults: &mut Vec<String>) -> Result<(), XtaskError> {
    fs::create_dir_all(to).map_err(unwritable(to))?;
    let entries = fs::read_dir(from).map_err(unreadable(from))?;
    for entry in entries {
        let path = entry.map_err(unreadable(from))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let target = to.join(name);
        if path.is_dir() {
            copy(&path, &target, &format!("{place}/{name}"), faults)?;
        } else if name.ends_with(".md") {
            let text = fs::read_to_string(&path).map_err(unreadable(&path))?;
            let (text, outside) = led_out(&text, place);
            let lost = outside.iter().filter(|link| !is_there(link));
            faults.extend(lost.map(|link| format!("{place}/{name}: {link} is not there")));
            fs::write(&target, text).map_err(unwritable(&target))?;
        } else {
            fs::copy(&path, &target).map_err(unwritable(&target))?;
        }
    }
    Ok(())
}

/// The text with links out of `docs/` made absolute, and what those lead to in the repository.
fn led_out(text: &str, place: &str) -> (String, Vec<String>) {
    let mut outside = Vec::new();
    let mut parts = text.split("](");
    let mut led = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        led.push_str("](");
        let link = part.split(')').next().unwrap_or_default();
        match out_of_docs(link, place) {
            Some(path) => {
                led.push_str(REPOSITORY);
                led.push_str(&path);
                led.push_str(part.strip_prefix(link).unwrap_or_default());
                outside.push(path);
            }
            None => led.push_str(part),
        }
    }
    (led, outside)
}

/// The path in the repository that a relative link from `place` means, if that is outside of `docs/`.
fn out_of_docs(link: &str, place: &str) -> Option<String> {
    if !link.starts_with("../") {
        return None;
    }
    let mut path: Vec<&str> = place.split('/').collect();
    for step in link.split('/') {
        match step {
            ".." => drop(path.pop()),
            step => path.push(step),
        }
    }
    (path.first() != Some(&"docs")).then(|| path.join("/"))
}

fn is_there(link: &str) -> bool {
    let path = link.split('#').next().unwrap_or_default();
    workspace_root().join(path).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_out_of_the_book_are_absolute_and_others_stay() {
        let text = "[a](../bench/report.json), [b](scaling.md#calls), [c](https://example.com)";
        let (led, outside) = led_out(text, "docs");
        assert_eq!(
            led,
            format!(
                "[a]({REPOSITORY}bench/report.json), [b](scaling.md#calls), [c](https://example.com)"
            )
        );
        assert_eq!(outside, ["bench/report.json"]);
    }

    #[test]
    fn a_guide_is_one_folder_further_in() {
        assert_eq!(out_of_docs("../outages.md", "docs/guides"), None);
        assert_eq!(
            out_of_docs("../../examples/axum-opaque#to-copy", "docs/guides").as_deref(),
            Some("examples/axum-opaque#to-copy")
        );
        assert!(is_there("README.md#try-it"));
        assert!(!is_there("no-such-file.md"));
    }
}
