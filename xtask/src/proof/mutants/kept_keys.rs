//! To make RSA keys is most of what a test program does in its first second, and a mutant is not about them: in the
//! woven tree the embedded authorization server takes those that another program has left, where there are such.

use std::path::PathBuf;

use crate::cargo::target_dir;

/// Where the embedded server makes them, below the root.
pub(super) const POOL: &str = "crates/portcullis-testing/src/keys/rsa_pool.rs";
/// The folder that they are in.
pub(super) const FOLDER: &str = "PORTCULLIS_KEPT_KEYS";

const MADE: &str = "KeyPair::generate(KeySize::Rsa2048)";

/// Where they are kept.
pub(super) fn folder() -> PathBuf {
    target_dir().join("proof/mutants/keys")
}

/// The file [`POOL`], taking keys from the folder before it makes any.
pub(super) fn pool(text: &str) -> String {
    text.replace(MADE, "kept()")
        + &format!(
            r#"
/// The key that the last program has made at this point.
fn kept() -> Result<KeyPair, aws_lc_rs::error::Unspecified> {{
    use std::{{env, fs, path::PathBuf, process, sync::atomic::{{AtomicUsize, Ordering}}}};
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let made = || {MADE};
    let Some(folder) = env::var_os("{FOLDER}").map(PathBuf::from) else {{
        return made();
    }};
    let path = folder.join(NEXT.fetch_add(1, Ordering::Relaxed).to_string());
    if let Ok(der) = fs::read(&path) && let Ok(pair) = KeyPair::from_pkcs8(&der) {{
        return Ok(pair);
    }}
    let pair = made()?;
    let der: Pkcs8V1Der<'_> = pair.as_der()?;
    // Whole or not at all, since others read it.
    let draft = path.with_extension(process::id().to_string());
    if fs::write(&draft, der.as_ref()).is_ok() {{
        let _ = fs::rename(&draft, &path);
    }}
    Ok(pair)
}}
"#
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cargo::workspace_root, files::read};

    #[test]
    fn the_pool_takes_what_is_kept() {
        let text = read(&workspace_root().join(POOL)).unwrap();
        assert_eq!(text.matches(MADE).count(), 1);
        let pool = pool(&text);
        syn::parse_file(&pool).unwrap();
        assert!(pool.contains("let pair = kept().ok()?;"));
    }
}
