//! Fills the template in as `cargo generate` does, which reads the same language of the same name.

use std::{path::Path, process::Command};

use liquid::{Object, ParserBuilder, model::Value};

use super::{
    folder::remake,
    placeholders::{Answers, Manifest},
};
use crate::{
    cargo::{cargo_unlocked, target_dir, workspace_root},
    error::XtaskError,
    files::{read, write},
};

/// The template, below the workspace root.
const TEMPLATE: &str = "examples/template";
/// What asks for the answers, and goes into no project.
const MANIFEST: &str = "cargo-generate.toml";
/// What a copy depends on by version, and is tried with as it stands here.
const CRATES: [&str; 3] = ["portcullis", "portcullis-axum", "portcullis-testing"];

/// What is generated stands below this workspace, and is none of its members. It shares what was built
/// for the templates, so the profile has to be theirs.
const OF_THE_TEST: &str = "
[workspace]

[profile.dev.package.aws-lc-sys]
opt-level = 3

[profile.dev]
debug = \"line-tables-only\"

[profile.dev.package.\"*\"]
debug = false
";

/// Makes a project for each choice that the template offers. The commands that test them: with the
/// dependencies of `examples/Cargo.lock`, and in the target directory of everything else.
pub(crate) fn generated() -> Result<Vec<Command>, XtaskError> {
    let lock = read(&workspace_root().join("examples/Cargo.lock"))?;
    generate(Some(&lock))
}

/// The same with the newest dependencies that the template allows.
pub(super) fn generated_on_newest() -> Result<Vec<Command>, XtaskError> {
    generate(None)
}

fn generate(lock: Option<&str>) -> Result<Vec<Command>, XtaskError> {
    let template = workspace_root().join(TEMPLATE);
    let manifest = template.join(MANIFEST);
    let choices = Manifest::parse(&read(&manifest)?)
        .map_err(|reason| XtaskError::Malformed {
            path: manifest,
            reason,
        })?
        .every_choice();
    let folder = target_dir().join("templates/generated");
    let mut commands = Vec::with_capacity(choices.len());
    for (name, answers) in choices {
        let project = folder.join(name);
        let variables = variables(&answers);
        remake(&template, &project, &mut |path| {
            let is_part = path.file_name().is_none_or(|name| name != MANIFEST);
            is_part.then(|| rendered(path, &variables)).transpose()
        })?;
        let manifest = project.join("Cargo.toml");
        write(&manifest, &(read(&manifest)? + OF_THE_TEST))?;
        if let Some(lock) = lock {
            write(&project.join("Cargo.lock"), lock)?;
        }
        commands.push(tests(&manifest));
    }
    Ok(commands)
}

fn tests(manifest: &Path) -> Command {
    let mut command = cargo_unlocked("test");
    command
        .arg("--manifest-path")
        .arg(manifest)
        .arg("--no-fail-fast");
    for name in CRATES {
        let path = workspace_root().join("crates").join(name);
        let path = toml::Value::from(path.to_string_lossy().into_owned());
        command.args(["--config", &format!("patch.crates-io.{name}.path={path}")]);
    }
    command
}

fn variables(answers: &Answers) -> Object {
    let values = answers
        .iter()
        .map(|(name, value)| (name.clone().into(), Value::scalar(value.clone())));
    values.collect()
}

/// The text of a file with everything filled in.
fn rendered(path: &Path, variables: &Object) -> Result<String, XtaskError> {
    let parser = ParserBuilder::with_stdlib().build();
    let text = read(path)?;
    parser
        .and_then(|parser| parser.parse(&text)?.render(variables))
        .map_err(|error| XtaskError::Malformed {
            path: path.to_owned(),
            reason: error.to_string(),
        })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn filled_in(text: &str) -> String {
        let answers = vec![
            ("project-name".to_owned(), "a-b".to_owned()),
            ("verifier".to_owned(), "jwt".to_owned()),
        ];
        let path = std::env::temp_dir().join(format!("portcullis-template-{}", std::process::id()));
        fs::write(&path, text).unwrap();
        let rendered = rendered(&path, &variables(&answers)).unwrap();
        fs::remove_file(&path).unwrap();
        rendered
    }

    #[test]
    fn names_with_hyphens_and_conditions_are_filled_in() {
        let text = "{{project-name}}\n{%- if verifier == \"jwt\" %}\nlocal\n{%- endif %}\nend";
        assert_eq!(filled_in(text), "a-b\nlocal\nend");
    }
}
