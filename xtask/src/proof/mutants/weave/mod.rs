//! All mutants of a file at once: each is beside the code that it replaces, and which one is lived by is chosen when
//! the program starts. So they are built once, and not once each.

mod construct;
mod find;

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use self::construct::{Construct, render};
use super::list::Mutant;

/// Where the library looks which mutant it is.
pub(super) const SWITCH: &str = "crate::mutants::on";

/// What is not to be woven. Mutants are known by their numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Without {
    /// Those that do not build.
    pub(super) unviable: BTreeSet<usize>,
    /// Those that have to be built by themselves.
    pub(super) left_out: BTreeSet<usize>,
    /// Functions that constants are made by, and so have to stay `const`.
    pub(super) constant: BTreeSet<String>,
}

impl Without {
    fn has(&self, mutant: usize) -> bool {
        self.unviable.contains(&mutant) || self.left_out.contains(&mutant)
    }
}

/// A file with its mutants in it.
#[derive(Debug)]
pub(super) struct Woven {
    pub(super) text: String,
    /// Those that could not be put beside the code, as nothing is chosen in a constant.
    pub(super) left_out: Vec<usize>,
    /// Those that are not Rust, whatever is around them.
    pub(super) unviable: Vec<usize>,
}

/// Weaves these mutants, each with its number, into the text of their file.
///
/// # Errors
/// Where it is not Rust.
pub(super) fn weave(
    text: &str,
    mutants: &[(usize, &Mutant)],
    without: &Without,
) -> Result<Woven, syn::Error> {
    let mut wanted: HashMap<_, Vec<_>> = HashMap::new();
    let mut left_out = Vec::new();
    for (number, mutant) in mutants {
        if without.has(*number) {
            continue;
        }
        if mutant.changes_a_hidden_type() {
            left_out.push(*number);
            continue;
        }
        let start = mutant.span.bytes(text).start;
        let same = wanted.entry((start, mutant.genre)).or_default();
        same.push((*number, *mutant));
    }
    let mut found = find::constructs(text, wanted, &without.constant)?;
    left_out.append(&mut found.left_out);
    found.constructs.sort_by_key(Construct::order);
    Ok(Woven {
        text: render(text, 0..text.len(), &found.constructs),
        left_out,
        unviable: found.unviable,
    })
}

/// The mutant whose own words are at this byte of a woven text.
pub(super) fn mutant_at(woven: &str, byte: usize) -> Option<usize> {
    let before = woven.get(..byte)?;
    let mut open = Vec::new();
    for (at, _) in before.match_indices("/*<") {
        let mark = before.get(at + 3..)?;
        let Some((number, _)) = mark.split_once(">*/") else {
            continue;
        };
        match number.strip_prefix('/') {
            None => open.push(number.parse().ok()?),
            Some(_) => {
                open.pop();
            }
        }
    }
    open.pop()
}

/// The mutant that is asked for at this byte of a woven text.
pub(super) fn asked_for_at(woven: &str, byte: usize) -> Option<usize> {
    let asked = woven.get(byte..)?.strip_prefix(SWITCH)?;
    let (number, _) = asked.strip_prefix('(')?.split_once(')')?;
    number.parse().ok()
}

#[cfg(test)]
mod tests;
