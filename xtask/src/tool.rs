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
    /// The program, where it is installed.
    pub(crate) fn installed(self) -> Option<PathBuf> {
        Some(self.path()).filter(|path| path.is_file())
    }

    /// The program, installed first where it is missing.
    pub(crate) fn ready(self) -> Result<PathBuf, XtaskError> {
        let Self { name, version, .. } = self;
        let (root, installed) = (self.root(), self.path());
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

    fn root(self) -> PathBuf {
        let Self { name, version, .. } = self;
        target_dir().join("tools").join(format!("{name}-{version}"))
    }

    fn path(self) -> PathBuf {
        self.root().join("bin").join(self.name)
    }
}
