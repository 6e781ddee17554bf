//! Programs that are installed from their source, each in one version, below `target/tools`.

use std::{env, path::PathBuf};

use crate::{
    cargo::{program, target_dir},
    error::XtaskError,
    watch::watch,
};

/// A program by its package, which it has its name from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tool<'a> {
    pub(crate) name: &'static str,
    pub(crate) version: &'a str,
    /// What `cargo install` is told beside that.
    pub(crate) options: &'a [&'a str],
}

impl Tool<'_> {
    /// The program, installed first where it is missing.
    pub(crate) fn ready(self) -> Result<PathBuf, XtaskError> {
        let Self { name, version, .. } = self;
        let root = target_dir().join("tools").join(format!("{name}-{version}"));
        let installed = root.join("bin").join(name);
        if !installed.is_file() {
            println!("{name} {version} is missing. Installing; this takes a few minutes.");
            let mut install = program(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            install.args(["install", "--locked", "--quiet", name]);
            install.args(["--version", &format!("={version}")]);
            install.args(self.options).arg("--root").arg(&root);
            watch(&mut install, |_| {})?;
        }
        if installed.is_file() {
            Ok(installed)
        } else {
            Err(XtaskError::Needed {
                what: name,
                cure: format!("cargo install --locked --version ={version} {name}"),
            })
        }
    }
}
