//! Every input of the corpora once through its target, on whatever toolchain: no input may make the two
//! readings disagree, and each corpus has inputs that are accepted and such that are refused.
#![expect(
    clippy::unwrap_used,
    reason = "a corpus that cannot be read fails the test"
)]

use std::{fs, path::Path};

use portcullis_fuzz::{Outcome, TARGETS};

fn inputs(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target);
    let files =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    files
        .map(|file| fs::read(file.unwrap().path()).unwrap())
        .collect()
}

#[test]
fn both_readings_agree_on_every_input() {
    for target in TARGETS {
        let inputs = inputs(target.name);
        let outcomes = inputs.iter().map(|input| (target.run)(input));
        let accepted = outcomes
            .filter(|outcome| *outcome == Outcome::Accepted)
            .count();
        println!(
            "{}: {} inputs, {accepted} accepted",
            target.name,
            inputs.len()
        );
        assert!(
            accepted > 0,
            "{} accepts nothing, and so proves nothing",
            target.name
        );
        assert!(accepted < inputs.len(), "{} refuses nothing", target.name);
    }
}

#[test]
fn every_corpus_is_that_of_a_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for corpus in fs::read_dir(folder).unwrap() {
        let name = corpus.unwrap().file_name().into_string().unwrap();
        assert!(TARGETS.iter().any(|target| target.name == name), "{name}");
    }
}
