use serde::Deserialize;

use crate::{
    cargo::workspace_root,
    error::XtaskError,
    files::{malformed, read},
};

/// A target of `fuzz/`, and the features that it needs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Target {
    pub(super) name: String,
    #[serde(rename = "required-features")]
    pub(super) features: Vec<String>,
}

#[derive(Deserialize)]
struct Manifest {
    bin: Vec<Target>,
}

/// The targets of these names; all of them where none is named.
pub(super) fn named(names: &[String]) -> Result<Vec<Target>, XtaskError> {
    let path = workspace_root().join("fuzz").join("Cargo.toml");
    chosen(&read(&path)?, names).map_err(|reason| malformed(&path, reason))
}

fn chosen(manifest: &str, names: &[String]) -> Result<Vec<Target>, String> {
    let manifest: Manifest = toml::from_str(manifest).map_err(|error| error.to_string())?;
    let all = manifest.bin;
    if names.is_empty() {
        return Ok(all);
    }
    let find = |name: &String| {
        let found = all.iter().find(|target| target.name == *name);
        found
            .cloned()
            .ok_or_else(|| format!("it has no target {name}"))
    };
    names.iter().map(find).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn targets_are_those_of_the_manifest() {
        let manifest = r#"
            [[bin]]
            name = "a"
            required-features = ["libfuzzer"]
            [[bin]]
            name = "b"
            required-features = ["gateway", "libfuzzer"]
        "#;
        let names = |chosen: &[String]| -> Result<Vec<String>, String> {
            let chosen = super::chosen(manifest, chosen)?;
            Ok(chosen.into_iter().map(|target| target.name).collect())
        };
        assert_eq!(names(&[]).unwrap(), ["a", "b"]);
        assert_eq!(names(&["b".to_owned()]).unwrap(), ["b"]);
        assert!(names(&["c".to_owned()]).is_err());
    }
}
