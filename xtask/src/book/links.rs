//! Whether the links between the pages lead to something that is there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use crate::{
    error::XtaskError,
    files::{read, unreadable},
};

/// Pages that mdbook makes of the others: their links are those of the others.
const MADE_UP: [&str; 3] = ["404.html", "print.html", "toc.html"];

/// The links of a built book that lead nowhere.
pub(super) fn broken(book: &Path) -> Result<Vec<String>, XtaskError> {
    let mut pages = BTreeMap::new();
    collect(book, &mut pages)?;
    let mut faults = Vec::new();
    for (page, text) in &pages {
        for link in values(text, "href") {
            if !is_good(&link, page, &pages) {
                let page = page.strip_prefix(book).unwrap_or(page);
                faults.push(format!("{}: `{link}` leads nowhere", page.display()));
            }
        }
    }
    Ok(faults)
}

fn collect(folder: &Path, pages: &mut BTreeMap<PathBuf, String>) -> Result<(), XtaskError> {
    for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        if path.is_dir() {
            collect(&path, pages)?;
        } else if name.is_some_and(|name| name.ends_with(".html") && !MADE_UP.contains(&name)) {
            let text = read(&path)?;
            pages.insert(path, text);
        }
    }
    Ok(())
}

fn is_good(link: &str, page: &Path, pages: &BTreeMap<PathBuf, String>) -> bool {
    if link.contains("://") || link.starts_with("mailto:") {
        return true;
    }
    let (path, place) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() {
        page.to_owned()
    } else {
        joined(page, path)
    };
    match pages.get(&target) {
        Some(text) => place.is_empty() || values(text, "id").contains(place),
        None => place.is_empty() && target.exists(),
    }
}

/// The file that a relative link means, without `..` on the way.
fn joined(page: &Path, link: &str) -> PathBuf {
    let mut target = page.parent().unwrap_or(page).to_owned();
    for step in link.split('/') {
        match step {
            ".." => drop(target.pop()),
            "." | "" => {}
            step => target.push(step),
        }
    }
    target
}

/// The values of an attribute, in quotes as mdbook writes them.
fn values(html: &str, attribute: &str) -> BTreeSet<String> {
    let opening = format!(" {attribute}=\"");
    let values = html.split(&opening).skip(1);
    let values = values.filter_map(|rest| rest.split_once('"'));
    values
        .map(|(value, _)| value.replace("&amp;", "&"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages() -> BTreeMap<PathBuf, String> {
        let guide = r#"<h2 id="roles">…</h2><a href="../errors.html#expired">…</a>"#;
        let errors = r#"<h3 id="expired">…</h3>"#;
        BTreeMap::from([
            ("book/guides/roles.html".into(), guide.to_owned()),
            ("book/errors.html".into(), errors.to_owned()),
        ])
    }

    #[test]
    fn a_link_needs_its_page_and_its_place() {
        let pages = pages();
        let page = Path::new("book/guides/roles.html");
        for good in [
            "#roles",
            "../errors.html#expired",
            "../errors.html",
            "https://a.example/#b",
        ] {
            assert!(is_good(good, page, &pages), "{good}");
        }
        for bad in [
            "#none",
            "../errors.html#none",
            "errors.html",
            "../none.html#a",
        ] {
            assert!(!is_good(bad, page, &pages), "{bad}");
        }
    }

    #[test]
    fn every_link_of_a_page_is_found() {
        let text = r#"<a href="a.html">x</a> <a class="b" href="c.html?x=1&amp;y=2">y</a>"#;
        let links: Vec<String> = values(text, "href").into_iter().collect();
        assert_eq!(links, ["a.html", "c.html?x=1&y=2"]);
    }
}
