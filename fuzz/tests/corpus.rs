//! Every input of the corpora once through its target, on whatever toolchain: no input may make the two
//! readings disagree, and each corpus has inputs that are accepted and such that are refused.
#![expect(
    clippy::unwrap_used,
    reason = "a corpus that cannot be read fails the test"
)]

use std::{fs, path::Path};

use portcullis_fuzz::{Outcome, TARGETS, Target};

macro_rules! corpora {
    ($($(#[$attribute:meta])* $name:ident)+) => {
        $($(#[$attribute])* #[test]
        fn $name() {
            let named = |target: &&Target| target.name == stringify!($name);
            agrees_on_every_input(TARGETS.iter().find(named).unwrap());
        })+

        const TESTED: &[&str] = &[$(stringify!($name)),+];
    };
}

corpora! {
    authorization_header
    claims
    discovery
    dpop_proof
    introspection
    jose_header
    jwks
    logout_token
    #[cfg(feature = "gateway")]
    path
    #[cfg(feature = "gateway")]
    rules
    security_event
    signed_introspection
    structured_field
    token
}

fn agrees_on_every_input(target: &Target) {
    let folder = corpora().join(target.name);
    let inputs: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| fs::read(file.unwrap().path()).unwrap())
        .collect();
    let outcomes = inputs.iter().map(|input| (target.run)(input));
    let accepted = outcomes.filter(|outcome| *outcome == Outcome::Accepted);
    let accepted = accepted.count();
    assert!(accepted > 0, "it accepts nothing, and so proves nothing");
    assert!(accepted < inputs.len(), "it refuses nothing");
}

fn corpora() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus"))
}

#[test]
fn every_target_and_every_corpus_is_tested() {
    for target in TARGETS {
        assert!(TESTED.contains(&target.name), "{}", target.name);
    }
    for corpus in fs::read_dir(corpora()).unwrap() {
        let name = corpus.unwrap().file_name().into_string().unwrap();
        assert!(TESTED.contains(&name.as_str()), "{name}");
    }
}
