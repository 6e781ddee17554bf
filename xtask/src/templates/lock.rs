//! What a lock file pins.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct LockFile {
    #[serde(default)]
    package: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    version: String,
    source: Option<String>,
}

/// The versions of each dependency that comes from a registry, by name.
pub(super) fn versions(text: &str) -> Result<BTreeMap<String, Vec<String>>, String> {
    let lock: LockFile = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut versions = BTreeMap::<_, Vec<_>>::new();
    for package in lock.package {
        if package.source.is_some() {
            versions
                .entry(package.name)
                .or_default()
                .push(package.version);
        }
    }
    Ok(versions)
}

/// Which dependencies stand there in other versions: `1.0.0 → 1.0.1`.
pub(super) fn newer(
    committed: &BTreeMap<String, Vec<String>>,
    newest: &BTreeMap<String, Vec<String>>,
) -> BTreeMap<String, String> {
    let changed = newest
        .iter()
        .filter(|(name, to)| committed.get(*name) != Some(*to));
    let told =
        |versions: Option<&Vec<String>>| versions.map_or("none".to_owned(), |all| all.join(", "));
    changed
        .map(|(name, to)| {
            let from = told(committed.get(name));
            (name.clone(), format!("{from} → {}", told(Some(to))))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(version: &str) -> BTreeMap<String, Vec<String>> {
        let text = format!(
            "version = 4\n\
             [[package]]\nname = \"here\"\nversion = \"0.1.0\"\n\
             [[package]]\nname = \"http\"\nversion = \"{version}\"\nsource = \"registry\"\n\
             [[package]]\nname = \"url\"\nversion = \"2.5.8\"\nsource = \"registry\"\n"
        );
        versions(&text).unwrap()
    }

    #[test]
    fn only_what_has_changed_is_told() {
        let newer = newer(&lock("1.5.0"), &lock("1.5.1"));
        let told: Vec<_> = newer.into_iter().collect();
        assert_eq!(told, [("http".to_owned(), "1.5.0 → 1.5.1".to_owned())]);
    }
}
