use std::{collections::BTreeMap, fs};

use portcullis_bench::Failure;

use crate::repository;

/// The crates that the peers are, and what the limit is measured with.
const CRATES: [&str; 11] = [
    "aws-lc-rs",
    "axum-jwt-auth",
    "axum-keycloak-auth",
    "camel-auth",
    "huskarl-axum",
    "huskarl-resource-server",
    "jsonwebtoken",
    "jwt-authorizer",
    "oauth-resource-server",
    "tower-oauth2-resource-server",
    "zitadel",
];

/// The versions that `bench/Cargo.lock` has of them; several where they need several.
pub(crate) fn locked() -> Result<BTreeMap<String, String>, Failure> {
    let lock = fs::read_to_string(repository().join("bench/Cargo.lock"))?;
    Ok(versions_in(&lock))
}

fn versions_in(lock: &str) -> BTreeMap<String, String> {
    let mut versions: BTreeMap<String, String> = BTreeMap::new();
    for package in lock.split("[[package]]") {
        let field = |name: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(name));
            line.map(|value| value.trim_matches(['"', ' ', '=']))
        };
        let (Some(name), Some(version)) = (field("name"), field("version")) else {
            continue;
        };
        if CRATES.contains(&name) {
            versions
                .entry(name.to_owned())
                .and_modify(|versions| *versions = format!("{versions}, {version}"))
                .or_insert_with(|| version.to_owned());
        }
    }
    versions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_a_lock_file() {
        let lock = "version = 4\n\n[[package]]\nname = \"zitadel\"\nversion = \"5.7.7\"\n\n\
                    [[package]]\nname = \"jsonwebtoken\"\nversion = \"9.3.1\"\n\n\
                    [[package]]\nname = \"jsonwebtoken\"\nversion = \"11.1.0\"\n";
        let versions = versions_in(lock);
        assert_eq!(versions.get("zitadel").map(String::as_str), Some("5.7.7"));
        assert_eq!(
            versions.get("jsonwebtoken").map(String::as_str),
            Some("9.3.1, 11.1.0")
        );
        assert_eq!(versions.len(), 2);
    }
}
