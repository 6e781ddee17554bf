//! The READMEs of the templates, done as they stand there, with a real Keycloak.

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::{
    Faults,
    cargo::{target_dir, workspace_root},
    error::XtaskError,
    files::{read, unreadable, write},
    page::Reader,
    scratch::Scratch,
    table::Table,
};

/// For one of them, on two slow cores; what they start is built already.
const LIMIT: Duration = Duration::from_secs(300);

/// The Keycloak that all of them mean but those that start one of their own.
const KEYCLOAK: &str = "<!-- terminal: keycloak, meanwhile -->
```console
$ cargo keycloak
```
<!-- output: keycloak -->
```text
…
Keycloak … is ready: http://127.0.0.1:8080/realms/shop
```
";
const STARTS_ONE: &str = "$ cargo keycloak";

/// What is built already is run as it is. Built by itself each template would be another one, of fewer
/// features: minutes in which nothing of it is tried.
const CARGO: &str = r#"cargo() {
    case "$*" in
        "run "*"--manifest-path examples/"*"/Cargo.toml"*) ;;
        *) command cargo "$@"; return ;;
    esac
    while [ "$1" != --manifest-path ]; do shift; done
    local name=${2#examples/}
    shift 2
    if [ "$1" = -- ]; then shift; fi
    "$TEMPLATES/${name%/Cargo.toml}" "$@"
}
"#;

/// A README with something to type.
struct Readme {
    name: String,
    path: PathBuf,
    text: String,
}

/// `cargo xtask readmes`: those of these templates, or of all.
pub(crate) fn run(templates: &[String]) -> Result<Faults, XtaskError> {
    let (with_own, others): (Vec<_>, Vec<_>) = named(all()?, templates)?
        .into_iter()
        .partition(|readme| readme.text.contains(STARTS_ONE));
    let home = Scratch::new("portcullis-readmes")?;
    let environment = environment(home.path())?;
    let root = workspace_root();
    let reader = || Reader::new(&root, environment.clone(), LIMIT);
    let mut table = Table::headed(["README", "steps", "seconds"]);
    let mut faults = Faults::new();
    let mut read = |readme: &Readme| -> Result<(), XtaskError> {
        let (begun, mut steps) = (Instant::now(), 0);
        // What one of them has started ends before the next, which takes the same ports.
        let one = reader().read_text(&readme.text, &readme.path, &mut |_, _| steps += 1)?;
        let seconds = format!("{:.1}", begun.elapsed().as_secs_f64());
        let shown = if one.is_empty() {
            readme.name.clone()
        } else {
            format!("{} (not as it says)", readme.name)
        };
        table.row([shown, steps.to_string(), seconds]);
        faults.extend(one);
        Ok(())
    };
    if !others.is_empty() {
        let mut keycloak = reader();
        let ready = keycloak.read_text(KEYCLOAK, Path::new("cargo keycloak"), &mut |_, _| {})?;
        if !ready.is_empty() {
            return Ok(ready);
        }
        others.iter().try_for_each(&mut read)?;
    }
    with_own.iter().try_for_each(&mut read)?;
    println!("\n{}", table.text());
    Ok(faults)
}

/// Those of these templates, or all where none is named.
fn named(mut readmes: Vec<Readme>, templates: &[String]) -> Result<Vec<Readme>, XtaskError> {
    let known = |name: &String| readmes.iter().any(|readme| readme.name == *name);
    if let Some(name) = templates.iter().find(|name| !known(name)) {
        return Err(XtaskError::NoSuchReadme {
            name: name.clone(),
            known: readmes.into_iter().map(|readme| readme.name).collect(),
        });
    }
    readmes.retain(|readme| templates.is_empty() || templates.contains(&readme.name));
    Ok(readmes)
}

/// All READMEs that can be done.
fn all() -> Result<Vec<Readme>, XtaskError> {
    let examples = workspace_root().join("examples");
    let mut readmes = Vec::new();
    for entry in fs::read_dir(&examples).map_err(unreadable(&examples))? {
        let folder = entry.map_err(unreadable(&examples))?.path();
        let path = folder.join("README.md");
        if !path.is_file() {
            continue;
        }
        let text = read(&path)?;
        if text.contains("```console") {
            let name = folder.file_name().unwrap_or_default();
            readmes.push(Readme {
                name: name.to_string_lossy().into_owned(),
                path,
                text,
            });
        }
    }
    readmes.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(readmes)
}

/// A home of their own, which they write to, with cargo where it is; the templates that are built; and the
/// grpcurl of the gRPC suite.
fn environment(home: &Path) -> Result<Vec<(String, String)>, XtaskError> {
    let own = env::home_dir().unwrap_or_default();
    let functions = home.join("cargo.sh");
    write(&functions, CARGO)?;
    let templates = target_dir().join("debug");
    let mut environment: Vec<_> = [
        ("HOME", home),
        ("BASH_ENV", &functions),
        ("TEMPLATES", &templates),
    ]
    .map(|(variable, path)| (variable.to_owned(), path.display().to_string()))
    .into();
    for (variable, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        if env::var_os(variable).is_none() {
            environment.push((variable.to_owned(), own.join(folder).display().to_string()));
        }
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let with_grpcurl = env::split_paths(&path).chain(grpcurls());
    let path = env::join_paths(with_grpcurl).map_err(|error| XtaskError::Malformed {
        path: target_dir(),
        reason: error.to_string(),
    })?;
    environment.push(("PATH".to_owned(), path.to_string_lossy().into_owned()));
    Ok(environment)
}

/// The folders that the gRPC suite has grpcurl in, the newest first.
fn grpcurls() -> Vec<PathBuf> {
    let folders = fs::read_dir(target_dir().join("grpc/bin"));
    let entries = folders.into_iter().flatten().flatten();
    let mut folders: Vec<_> = entries.map(|entry| entry.path()).collect();
    folders.sort();
    folders.reverse();
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_that_there_is_not_is_an_error() {
        let names = |templates: &[&str]| {
            let templates: Vec<_> = templates.iter().map(|&name| name.to_owned()).collect();
            let readmes = named(all().unwrap(), &templates);
            readmes.map(|readmes| readmes.len())
        };
        assert!(names(&[]).unwrap() > 2);
        assert_eq!(names(&["axum-keycloak", "gateway-nginx"]).unwrap(), 2);
        let error = names(&["axum-keycloak", "tpyo"]).unwrap_err().to_string();
        assert!(error.contains("examples/tpyo"), "{error}");
        assert!(error.contains("axum-keycloak, "), "{error}");
    }
}
