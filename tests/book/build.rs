//! Puts around the code of each page what it takes to compile it.
#![expect(
    unreachable_pub,
    reason = "these modules are public in the library that they are shared with"
)]

use std::{env, error::Error, fs, path::Path};

#[path = "src/pages.rs"]
mod pages;
#[path = "src/surroundings.rs"]
mod surroundings;

fn main() -> Result<(), Box<dyn Error>> {
    let target = env::var("OUT_DIR")?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for page in pages::PAGES {
        let source = root.join(page);
        println!("cargo::rerun-if-changed={}", source.display());
        let text = fs::read_to_string(&source).map_err(|error| format!("{page}: {error}"))?;
        let whole = surroundings::put_around(&text).map_err(|error| format!("{page}: {error}"))?;
        let target = Path::new(&target).join(page);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(target, whole)?;
    }
    Ok(())
}
