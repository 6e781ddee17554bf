use std::{cmp::Reverse, ops::Range};

use super::{super::list::Mutant, SWITCH};

/// A place in a text that has mutants.
#[derive(Debug)]
pub(super) struct Construct<'a> {
    /// What is replaced; nothing where something is added.
    pub(super) range: Range<usize>,
    pub(super) kind: Kind,
    /// With their numbers.
    pub(super) mutants: Vec<(usize, &'a Mutant)>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Before the first statement of a function.
    Body,
    /// After the pattern of an arm without a guard.
    Arm,
    /// The condition behind the `if` of an arm.
    Guard,
    /// The word `const` before `fn`.
    Constant,
    Binary {
        left: Range<usize>,
        right: Range<usize>,
    },
    Unary {
        operand: Range<usize>,
    },
    /// A struct expression with a base.
    Fields,
}

impl Construct<'_> {
    /// What is around another comes before it, and of two in the same place the guard is around the other.
    pub(super) fn order(&self) -> (usize, bool, Reverse<usize>, bool) {
        (
            self.range.start,
            !self.range.is_empty(),
            Reverse(self.range.end),
            self.kind != Kind::Guard,
        )
    }

    /// The code and its mutants, with those that are `within` it.
    fn woven(&self, text: &str, within: &[Self]) -> String {
        let range = self.range.clone();
        match &self.kind {
            Kind::Body => self.answers(),
            Kind::Arm => self
                .mutants
                .iter()
                .fold(String::new(), |guard, (number, _)| {
                    let word = if guard.is_empty() { "if" } else { "&&" };
                    format!("{guard} {word} !{SWITCH}({number})")
                }),
            Kind::Guard => self.guard(render(text, range, within)),
            Kind::Constant => String::new(),
            Kind::Binary { left, right } => {
                let sides = [left, right];
                let [before, after] = sides.map(|side| part(text, side.clone()));
                let operator = part(text, left.end..right.start);
                let [left, right] =
                    sides.map(|side| render(text, side.clone(), inside(within, side)));
                self.choice(&format!("{left}{operator}{right}"), |mutant| {
                    format!("({before}) {} ({after})", mutant.replacement)
                })
            }
            Kind::Unary { operand } => self.choice(&render(text, range, within), |_| {
                format!("({})", part(text, operand.clone()))
            }),
            Kind::Fields => self.choice(&render(text, range.clone(), within), |mutant| {
                let field = mutant.span.bytes(text);
                let before = part(text, range.start..field.start);
                format!("{before}{}", part(text, field.end..range.end))
            }),
        }
    }

    /// One answer of a function after the other.
    fn answers(&self) -> String {
        let answer = |(number, mutant): &(usize, &Mutant)| {
            let answer = marked(*number, &mutant.replacement);
            format!("if {SWITCH}({number}) {{ return {answer}; }} ")
        };
        self.mutants.iter().map(answer).collect()
    }

    fn guard(&self, guard: String) -> String {
        let mutants = self.mutants.iter();
        mutants.fold(guard, |guard, (number, mutant)| {
            if mutant.replacement == "true" {
                format!("({SWITCH}({number}) || ({guard}))")
            } else {
                format!("(!{SWITCH}({number}) && ({guard}))")
            }
        })
    }

    /// The code of the mutant that is chosen, or else the code.
    fn choice(&self, otherwise: &str, mutated: impl Fn(&Mutant) -> String) -> String {
        let mut choice = "(".to_owned();
        for (number, mutant) in &self.mutants {
            let mutated = marked(*number, &mutated(mutant));
            choice += &format!("if {SWITCH}({number}) {{ {mutated} }} else ");
        }
        choice + "{ " + otherwise + " })"
    }
}

/// This part of a text, with the mutants of all constructs in it.
pub(super) fn render(text: &str, range: Range<usize>, constructs: &[Construct<'_>]) -> String {
    let mut woven = String::new();
    let mut at = range.start;
    let mut rest = constructs;
    while let Some((first, others)) = rest.split_first() {
        let within = inside(others, &first.range);
        woven += part(text, at..first.range.start);
        woven += &first.woven(text, within);
        at = first.range.end;
        rest = others.get(within.len()..).unwrap_or_default();
    }
    woven + part(text, at..range.end)
}

/// Those of sorted constructs that are in a part of the text.
fn inside<'c, 'a>(constructs: &'c [Construct<'a>], range: &Range<usize>) -> &'c [Construct<'a>] {
    let first = constructs.partition_point(|one| one.range.start < range.start);
    let rest = constructs.get(first..).unwrap_or_default();
    let many = rest.partition_point(|one| one.range.start < range.end);
    rest.get(..many).unwrap_or_default()
}

/// The words of a mutant, so that they are found again.
fn marked(number: usize, words: &str) -> String {
    format!("/*<{number}>*/ {words} /*</{number}>*/")
}

fn part(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap_or_default()
}
