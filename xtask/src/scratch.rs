use std::{
    collections::hash_map::RandomState,
    env, fs,
    hash::BuildHasher,
    io,
    path::{Path, PathBuf},
    process,
};

use crate::error::XtaskError;

/// A folder among the temporary ones that goes when it is no longer needed. What is in it may be executed:
/// nobody else on this machine can have made it, or writes or reads in it.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// One whose path nobody has known before.
    pub(crate) fn new(name: &str) -> Result<Self, XtaskError> {
        let random = RandomState::new().hash_one(name);
        Self::made(temporary(&format!(
            "{name}-{}-{random:016x}",
            process::id()
        )))
    }

    /// One that has always the same path.
    pub(crate) fn at(name: &str) -> Result<Self, XtaskError> {
        let path = temporary(name);
        // What an earlier run has left. What is somebody else's stays there, and the next line fails.
        let _ = fs::remove_dir_all(&path);
        Self::made(path)
    }

    fn made(path: PathBuf) -> Result<Self, XtaskError> {
        match make(&path) {
            Ok(()) => Ok(Self(path)),
            Err(source) => Err(XtaskError::Write { path, source }),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

fn temporary(name: &str) -> PathBuf {
    env::temp_dir().join(name)
}

/// Fails where there is something already, also a link.
fn make(path: &Path) -> io::Result<()> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "it is set for Unix alone"))]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is in nobody's way.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn it_is_made_for_its_owner_alone_and_goes() {
        let (one, other) = (
            Scratch::new("portcullis-scratch-test").unwrap(),
            Scratch::new("portcullis-scratch-test").unwrap(),
        );
        assert_ne!(one.path(), other.path());
        let mode = fs::metadata(one.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let path = one.path().to_owned();
        drop(one);
        assert!(!path.exists());
    }

    #[test]
    fn what_was_there_is_never_taken() {
        let parent = Scratch::new("portcullis-scratch-test").unwrap();
        let (folder, link) = (parent.path().join("folder"), parent.path().join("link"));
        fs::create_dir(&folder).unwrap();
        symlink(parent.path(), &link).unwrap();
        for taken in [folder, link] {
            assert!(Scratch::made(taken).is_err());
        }
    }

    #[test]
    fn one_with_a_fixed_path_is_new_each_time() {
        let name = format!("portcullis-scratch-test-{}", process::id());
        let first = Scratch::at(&name).unwrap();
        fs::write(first.path().join("left"), "").unwrap();
        let second = Scratch::at(&name).unwrap();
        assert_eq!(first.path(), second.path());
        assert!(!second.path().join("left").exists());
    }
}
