use super::{
    super::list::{Function, Genre, Place, Span},
    *,
};

/// The mutant of `words`, which are in the text once.
fn mutant(text: &str, words: &str, replacement: &str, genre: Genre) -> Mutant {
    let place = |byte: usize| {
        let mut lines = text.get(..byte).unwrap().split('\n');
        let last = lines.next_back().unwrap();
        Place {
            line: lines.count() + 1,
            column: last.chars().count() + 1,
        }
    };
    let at = text.find(words).unwrap();
    Mutant {
        name: format!("a.rs:1:1: replace {words}"),
        file: "a.rs".into(),
        function: None,
        span: Span {
            start: place(at),
            end: place(at + words.len()),
        },
        replacement: replacement.to_owned(),
        genre,
    }
}

fn woven(text: &str, mutants: &[Mutant], without: &Without) -> Woven {
    let numbered: Vec<_> = mutants.iter().enumerate().collect();
    weave(text, &numbered, without).unwrap()
}

/// The one function of the text, woven, without the marks.
fn after(text: &str, mutants: &[(&str, &str, Genre)]) -> String {
    let mutants: Vec<_> = mutants
        .iter()
        .map(|(words, replacement, genre)| mutant(text, words, replacement, *genre))
        .collect();
    let woven = woven(text, &mutants, &Without::default());
    assert!(woven.left_out.is_empty() && woven.unviable.is_empty());
    syn::parse_file(&woven.text).unwrap();
    let marks = regex::Regex::new(r" ?/\*<[^>]*>\*/ ?").unwrap();
    marks.replace_all(&woven.text, "").replace(SWITCH, "on")
}

#[test]
fn a_function_answers_at_once() {
    let text = "fn f() -> u8 { g() }";
    let mutants = [("g()", "0", Genre::FnValue)];
    assert_eq!(
        after(text, &mutants),
        "fn f() -> u8 { if on(0) { return0; } g() }"
    );
}

#[test]
fn a_function_that_has_mutants_is_not_constant() {
    let text = "const fn f() -> u8 { 1 }";
    let mutants = [("1", "0", Genre::FnValue)];
    assert_eq!(
        after(text, &mutants),
        " fn f() -> u8 { if on(0) { return0; } 1 }"
    );
}

#[test]
fn operators_keep_what_is_on_their_sides() {
    let text = "fn f() -> bool { a && !b == c }";
    let mutants = [
        ("&&", "||", Genre::BinaryOperator),
        ("==", "!=", Genre::BinaryOperator),
        ("!", "", Genre::UnaryOperator),
    ];
    assert_eq!(
        after(text, &mutants),
        "fn f() -> bool { (if on(0) {(a) || (!b == c)} else { \
         a && (if on(1) {(!b) != (c)} else { (if on(2) {(b)} else { !b }) == c }) }) }"
    );
}

#[test]
fn an_arm_is_passed_by_and_a_guard_is_true_or_false() {
    let text = "fn f() { match x { 1 => a, n if n == 2 => b, _ => c } }";
    let mutants = [
        ("1 => a", "", Genre::MatchArm),
        ("n == 2", "true", Genre::MatchArmGuard),
        ("n == 2", "false", Genre::MatchArmGuard),
        ("==", "!=", Genre::BinaryOperator),
    ];
    assert_eq!(
        after(text, &mutants),
        "fn f() { match x { 1 if !on(0) => a, \
         n if (!on(2) && ((on(1) || ((if on(3) {(n) != (2)} else { n == 2 }))))) => b, _ => c } }"
    );
}

#[test]
fn a_field_is_left_to_the_base() {
    let text = "fn f() -> T { T { a: 1, b: 2, ..base } }";
    let mutants = [
        ("a: 1,", "", Genre::StructField),
        ("b: 2,", "", Genre::StructField),
    ];
    assert_eq!(
        after(text, &mutants),
        "fn f() -> T { (if on(0) {T {  b: 2, ..base }} else if on(1) {T { a: 1,  ..base }} \
         else { T { a: 1, b: 2, ..base } }) }"
    );
}

#[test]
fn what_the_compiler_reckons_is_left_out() {
    let text = "const A: u8 = 2 * 3; fn f() -> [u8; 4] { [0; 1 + 3] } const fn g() -> u8 { 7 }";
    let mutants = [
        mutant(text, "*", "/", Genre::BinaryOperator),
        mutant(text, "+", "-", Genre::BinaryOperator),
        mutant(text, "7", "0", Genre::FnValue),
    ];
    let without = Without {
        constant: BTreeSet::from(["g".to_owned()]),
        ..Without::default()
    };
    let woven = woven(text, &mutants, &without);
    assert_eq!((woven.text.as_str(), woven.left_out), (text, vec![0, 1, 2]));
}

#[test]
fn what_would_be_of_another_type_is_left_out() {
    let text = "fn f() -> impl Iterator<Item = u8> { a == b }";
    let mut mutant = mutant(text, "a == b", "::std::iter::empty()", Genre::FnValue);
    mutant.function = Some(Function {
        return_type: "-> impl Iterator<Item = u8>".to_owned(),
    });
    let woven = woven(text, &[mutant], &Without::default());
    assert_eq!((woven.text.as_str(), woven.left_out), (text, vec![0]));
}

#[test]
fn an_arm_stays_where_no_other_would_be_taken() {
    let text = "fn f() { match x { 1 => a, _ if b => c, 2.. => d } }";
    let mutants = [mutant(text, "1 => a", "", Genre::MatchArm)];
    let woven = woven(text, &mutants, &Without::default());
    assert_eq!((woven.text.as_str(), woven.left_out), (text, vec![0]));
}

#[test]
fn another_operator_beside_let_is_not_rust() {
    let text = "fn f() { if let Some(a) = b && c && d == e {} }";
    let mutants = [
        mutant(text, "&& c", "||", Genre::BinaryOperator),
        mutant(text, "&& d", "||", Genre::BinaryOperator),
        mutant(text, "==", "!=", Genre::BinaryOperator),
    ];
    let woven = woven(text, &mutants, &Without::default());
    assert_eq!(woven.unviable, [1, 0]);
    assert!(woven.left_out.is_empty() && woven.text.contains("(d) != (e)"));
}

#[test]
fn what_is_put_out_is_not_woven() {
    let text = "fn f() -> u8 { 1 }";
    let mutants = [mutant(text, "1", "0", Genre::FnValue)];
    let without = Without {
        unviable: BTreeSet::from([0]),
        ..Without::default()
    };
    assert_eq!(woven(text, &mutants, &without).text, text);
}

#[test]
fn words_are_known_by_their_mutant() {
    let text = "fn f() -> u8 { a + b }";
    let mutants = [
        mutant(text, "a + b", "0", Genre::FnValue),
        mutant(text, "+", "-", Genre::BinaryOperator),
    ];
    let woven = woven(text, &mutants, &Without::default()).text;
    let at = |words: &str| woven.find(words).unwrap();
    assert_eq!(mutant_at(&woven, at("0 /*")), Some(0));
    assert_eq!(mutant_at(&woven, at("(a) -")), Some(1));
    assert_eq!(mutant_at(&woven, at("a + b")), None);
    let asked = at(SWITCH);
    assert_eq!(asked_for_at(&woven, asked), Some(0));
    assert_eq!(asked_for_at(&woven, asked + 1), None);
}
