//! The book: what `docs/` says, as pages that link to each other.

mod links;
mod source;

use crate::{
    Faults,
    cargo::{program, target_dir},
    error::XtaskError,
    libtest::LastWords,
    tool::Tool,
    watch::watch_closely,
};

/// What makes the pages. Its release build takes longer than it would ever save.
const MDBOOK: Tool<'static> = Tool {
    name: "mdbook",
    version: "0.5.4",
    options: &["--debug", "--no-default-features", "--features", "search"],
};

/// `cargo xtask book`: `target/book/index.html`.
pub(crate) fn build() -> Result<Faults, XtaskError> {
    let mdbook = MDBOOK.ready()?;
    let source = target_dir().join("book-source");
    let book = target_dir().join("book");
    let mut faults = source::prepare(&source)?;
    let mut command = program(mdbook);
    command
        .arg("build")
        .arg(&source)
        .arg("--dest-dir")
        .arg(&book);
    let mut last_words = LastWords::default();
    if !watch_closely(&mut command, |said| last_words.line(said))?.is_success() {
        return Ok(vec![last_words.below("the book is not built")]);
    }
    faults.extend(links::broken(&book)?);
    for fault in &faults {
        println!("{fault}");
    }
    println!("{}", book.join("index.html").display());
    Ok(faults)
}
