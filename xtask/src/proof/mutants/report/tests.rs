use super::{
    super::list::{Genre, Place, Span},
    *,
};

const FILE: &str = "crates/portcullis/src/binding/a.rs";

fn mutant(file: &str, what: &str) -> Mutant {
    let place = Place { line: 1, column: 1 };
    Mutant {
        name: format!("{file}:1:1: {what}"),
        file: file.into(),
        function: None,
        span: Span {
            start: place,
            end: place,
        },
        replacement: String::new(),
        genre: Genre::FnValue,
    }
}

const SURVIVED: Fate = Fate::Survived(Asked {
    tests: Some(3),
    are_all: true,
});
const UNDECIDED: Fate = Fate::Survived(Asked {
    tests: Some(3),
    are_all: false,
});

/// The report of a file with these mutants, which are all there are.
fn report(mutants: &[Mutant], fates: &[Fate]) -> Report {
    let mut report = Report::default();
    let fates: Vec<_> = mutants.iter().zip(fates.iter().copied()).collect();
    report.join((FILE, "source", "commit"), &fates);
    report.sum(mutants, &argued());
    report
}

fn argued() -> BTreeMap<String, String> {
    BTreeMap::from([(format!("{FILE}: b"), "why".to_owned())])
}

fn figures(report: &Report) -> [usize; 5] {
    [
        report.caught,
        report.timed_out,
        report.unviable,
        report.survived,
        report.survived_without_a_reason,
    ]
}

#[test]
fn every_fate_is_counted_and_a_reason_is_found() {
    let mutants = ["a", "b", "c", "d", "e", "f"].map(|what| mutant(FILE, what));
    let fates = [
        SURVIVED,
        SURVIVED,
        Fate::Caught,
        Fate::TimedOut,
        Fate::Unviable,
        Fate::LeftOut,
    ];
    let report = report(&mutants, &fates);
    assert_eq!(figures(&report), [1, 1, 1, 2, 1]);
    assert_eq!((report.mutants_judged, report.mutants_in_all), (5, 6));
    let room = report.rooms.iter().find(|room| room.room == "binding");
    let room = room.unwrap();
    assert_eq!((room.mutants, room.judged, room.survived), (6, 5, 2));
    assert_eq!(report.left_out(), BTreeSet::from([&*format!("{FILE}: f")]));
}

#[test]
fn all_have_to_be_judged_and_argued() {
    let mutants = ["a", "b"].map(|what| mutant(FILE, what));
    assert!(report(&mutants, &[Fate::Caught, SURVIVED]).is_good);
    assert!(!report(&mutants, &[SURVIVED, Fate::Caught]).is_good);
    assert!(!report(&mutants, &[Fate::Caught, Fate::LeftOut]).is_good);
    assert!(!report(&mutants, &[Fate::Unviable, Fate::Unviable]).is_good);
}

#[test]
fn a_file_that_is_judged_again_counts_once() {
    let mutants = ["a", "b"].map(|what| mutant(FILE, what));
    let mut report = report(&mutants, &[SURVIVED, SURVIVED]);
    let [a, b] = &mutants;
    report.join(
        (FILE, "source", "commit"),
        &[(a, Fate::Caught), (b, SURVIVED)],
    );
    report.sum(&mutants, &argued());
    assert_eq!(figures(&report), [1, 0, 0, 1, 0]);
}

#[test]
fn what_is_another_file_by_now_is_forgotten() {
    let mutants = [mutant(FILE, "a")];
    let mut report = report(&mutants, &[SURVIVED]);
    report.forget_others(&BTreeMap::from([(FILE.to_owned(), "source".to_owned())]));
    assert!(report.knows(FILE) && report.survivors().len() == 1);
    report.forget_others(&BTreeMap::from([(FILE.to_owned(), "another".to_owned())]));
    assert!(!report.knows(FILE) && report.survivors().is_empty());
}

#[test]
fn survivors_and_what_was_left_out_are_looked_at_again() {
    let mutants = ["a", "b", "c", "d"].map(|what| mutant(FILE, what));
    let mut report = report(&mutants, &[SURVIVED, SURVIVED, Fate::LeftOut, Fate::Caught]);
    let [a, b, c, d] = &mutants;
    let fates = [
        (a, Fate::Caught),
        (b, SURVIVED),
        (c, Fate::Unviable),
        (d, SURVIVED),
    ];
    report.look_again(&fates);
    report.sum(&mutants, &argued());
    assert_eq!(figures(&report), [2, 0, 1, 1, 0]);
    assert_eq!(report.mutants_judged, 4);
    assert!(report.is_good);
}

#[test]
fn what_other_tests_may_catch_is_not_judged() {
    let mutants = ["a", "c"].map(|what| mutant(FILE, what));
    let mut report = report(&mutants, &[UNDECIDED, Fate::Caught]);
    assert_eq!(figures(&report), [1, 0, 0, 0, 0]);
    assert_eq!((report.mutants_judged, report.undecided), (1, 1));
    assert!(!report.is_good);
    assert_eq!(report.survivors(), BTreeSet::from([&*format!("{FILE}: a")]));
    report.look_again(&[(&mutants[0], SURVIVED)]);
    report.sum(&mutants, &argued());
    assert_eq!(figures(&report), [1, 0, 0, 1, 1]);
    assert_eq!((report.mutants_judged, report.undecided), (2, 0));
}

#[test]
fn what_is_argued_need_not_be_held_against_all() {
    let mutants = ["b", "c"].map(|what| mutant(FILE, what));
    let report = report(&mutants, &[UNDECIDED, Fate::Caught]);
    assert_eq!(figures(&report), [1, 0, 0, 1, 0]);
    assert!(report.is_good);
}

#[test]
fn two_of_one_name_are_two() {
    let mutants = ["b", "b"].map(|what| mutant(FILE, what));
    let mut report = report(&mutants, &[Fate::Caught, SURVIVED]);
    let [one, other] = &mutants;
    report.look_again(&[(one, Fate::Caught), (other, SURVIVED)]);
    report.sum(&mutants, &argued());
    assert_eq!(figures(&report), [1, 0, 0, 1, 0]);
    report.look_again(&[(one, Fate::Caught), (other, Fate::Caught)]);
    report.sum(&mutants, &argued());
    assert_eq!(figures(&report), [2, 0, 0, 0, 0]);
}

#[test]
fn a_reason_is_said_of_one_and_not_of_all_that_have_its_name() {
    let mutants = ["b", "b", "b", "c"].map(|what| mutant(FILE, what));
    let mut report = report(&mutants, &[SURVIVED, UNDECIDED, SURVIVED, Fate::Caught]);
    assert_eq!(figures(&report), [1, 0, 0, 2, 1]);
    assert_eq!(report.undecided, 1);
    let mut argued = argued();
    for nth in ["2", "3"] {
        argued.insert(format!("{FILE}: b ({nth})"), "why this one, too".to_owned());
    }
    report.sum(&mutants, &argued);
    assert_eq!(figures(&report), [1, 0, 0, 3, 0]);
    assert!(report.is_good);
}

#[test]
fn every_reason_is_said_of_something() {
    let path = workspace_root().join(ARGUED);
    let argued: BTreeMap<String, String> = toml::from_str(&read(&path).unwrap()).unwrap();
    for (mutant, reason) in argued {
        assert!(
            workspace_root().join(file_of(&mutant)).is_file(),
            "{mutant}"
        );
        assert!(reason.len() > 20, "{mutant}");
    }
}
