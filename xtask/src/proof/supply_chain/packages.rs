//! What of this repository others build on.

/// What is published.
pub(super) const PUBLISHED: [&str; 7] = [
    "portcullis",
    "portcullis-axum",
    "portcullis-cli",
    "portcullis-gateway",
    "portcullis-redis",
    "portcullis-testing",
    "portcullis-tonic",
];

/// Those of them that are there for their API.
pub(super) const LIBRARIES: [&str; 5] = [
    "portcullis",
    "portcullis-axum",
    "portcullis-redis",
    "portcullis-testing",
    "portcullis-tonic",
];

/// `--package` for each of them.
pub(super) fn selected<'a>(packages: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    packages.iter().flat_map(|package| ["--package", *package])
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{cargo::workspace_root, files::read};

    #[test]
    fn nothing_that_is_published_is_left_out() {
        let mut found = Vec::new();
        for entry in fs::read_dir(workspace_root().join("crates")).unwrap() {
            let folder = entry.unwrap();
            let manifest = read(&folder.path().join("Cargo.toml")).unwrap();
            assert!(!manifest.contains("publish = false"), "{manifest}");
            found.push(folder.file_name().into_string().unwrap());
        }
        found.sort();
        assert_eq!(found, PUBLISHED);
        assert!(LIBRARIES.iter().all(|library| PUBLISHED.contains(library)));
    }
}
