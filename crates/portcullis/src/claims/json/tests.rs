use serde::de::SeqAccess;

use super::*;
use crate::claims::{ClaimsSet, Dialect};

#[test]
fn members_keep_their_text() {
    let members = Members::parse(r#"{"a": {"b": [1.50]}, "c": null}"#).unwrap();
    assert_eq!(members.get("a").unwrap().get(), r#"{"b": [1.50]}"#);
    assert_eq!(members.get("c").unwrap().get(), "null");
    assert!(members.get("d").is_none());
}

#[test]
fn what_is_not_one_object_with_unique_names_is_refused() {
    for json in [
        "",
        "[]",
        "null",
        "1",
        r#""{}""#,
        "{",
        "{} {}",
        "\u{feff}{}",
        "{\"a\":1,}",
        r#"{"a":1,"a":2}"#,
        r#"{"a":1,"\u0061":2}"#,
        r#"{"a":[{"b":1,"b":2}]}"#,
        r#"{"a":"\ud800"}"#,
        r#"{"a":{"b":"\ud800"}}"#,
        r#"{"a":1e400}"#,
        r#"{"a":[1e400]}"#,
        r#"{"a":01}"#,
        r#"{"a":tru}"#,
        "{\"a\":\"\n\"}",
        "{\"a\":\"\u{0}\"}",
        r#"{"a":"\x"}"#,
        r#"{"a":"b"#,
    ] {
        assert!(Members::parse(json).is_err(), "{json}");
    }
    let many = |last: &str| {
        let names = (0..1000).map(|number| format!("\"n{number}\":0,"));
        format!("{{{}\"{last}\":0}}", names.collect::<String>())
    };
    assert!(Members::parse(&many("other")).is_ok());
    for twice in ["n0", "n31", "n32", "n999"] {
        assert!(Members::parse(&many(twice)).is_err(), "{twice}");
        let within = format!("{{\"a\":{}}}", many(twice));
        assert!(Members::parse(&within).is_err(), "{twice}");
    }
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(Members::parse(&deep).is_err());
}

/// JSON as it stands there, members that stand twice included.
enum Tree {
    Leaf,
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// Whether no object in it has a name twice: each is held against each.
    fn has_unique_names(&self) -> bool {
        match self {
            Self::Leaf => true,
            Self::Array(elements) => elements.iter().all(Self::has_unique_names),
            Self::Object(members) => members.iter().enumerate().all(|(at, (name, value))| {
                value.has_unique_names() && members[..at].iter().all(|(other, _)| other != name)
            }),
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Tree;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_unit<E: Error>(self) -> Result<Tree, E> {
                Ok(Tree::Leaf)
            }

            fn visit_bool<E: Error>(self, _: bool) -> Result<Tree, E> {
                Ok(Tree::Leaf)
            }

            fn visit_i64<E: Error>(self, _: i64) -> Result<Tree, E> {
                Ok(Tree::Leaf)
            }

            fn visit_u64<E: Error>(self, _: u64) -> Result<Tree, E> {
                Ok(Tree::Leaf)
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<Tree, E> {
                Ok(Tree::Leaf)
            }

            fn visit_str<E: Error>(self, _: &str) -> Result<Tree, E> {
                Ok(Tree::Leaf)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = seq.next_element()? {
                    elements.push(element);
                }
                Ok(Tree::Array(elements))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Tree::Object(members))
            }
        }

        deserializer.deserialize_any(Any)
    }
}

/// Reads the text as a whole, and then looks for names that stand twice.
fn is_good(json: &str) -> bool {
    serde_json::from_str(json)
        .is_ok_and(|tree: Tree| matches!(tree, Tree::Object(_)) && tree.has_unique_names())
}

#[track_caller]
fn assert_read_alike(json: &str) {
    let is_good = is_good(json);
    assert_eq!(Members::parse(json).is_ok(), is_good, "{json}");
    let set = json.into();
    let set = ClaimsSet::read(&set, Dialect::default());
    assert_eq!(set.is_ok(), is_good, "{json}");
}

/// Every object of up to two members, and every array of up to two elements, of these.
fn composed(names: &[&str], values: &[String]) -> Vec<String> {
    let members: Vec<_> = names
        .iter()
        .flat_map(|name| values.iter().map(move |value| format!("{name}:{value}")))
        .collect();
    let pairs = |of: &[String]| -> Vec<String> {
        let pair = |one: &String| {
            of.iter()
                .map(move |other| format!("{one},{other}"))
                .collect()
        };
        of.iter()
            .flat_map::<Vec<_>, _>(|one| pair(&one.clone()))
            .collect()
    };
    let objects = members
        .iter()
        .chain(&pairs(&members))
        .map(|inner| format!("{{{inner}}}"))
        .collect::<Vec<_>>();
    let arrays = values
        .iter()
        .chain(&pairs(values))
        .map(|inner| format!("[{inner}]"))
        .collect::<Vec<_>>();
    objects.into_iter().chain(arrays).collect()
}

#[test]
fn what_is_read_is_what_a_slow_reader_reads() {
    let names = [r#""a""#, r#""\u0061""#, r#""b""#, r#""\ud800""#];
    let leaves = ["1", "1e400", r#""a""#, r#""\ud800""#, " null", "tru"].map(str::to_owned);
    let inner = composed(&names, &leaves);
    for document in &inner {
        assert_read_alike(document);
    }
    for value in &inner {
        for name in names {
            assert_read_alike(&format!("{{{name}:{value}}}"));
            for leaf in &leaves {
                assert_read_alike(&format!("{{\"a\":{leaf},{name}:{value}}}"));
                assert_read_alike(&format!("{{{name}:[{value}],\"a\":{leaf} }}"));
            }
        }
    }
}

#[test]
fn what_is_no_json_is_none_for_a_slow_reader_either() {
    let pieces = [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        r#""a""#,
        r#""\u0061""#,
        "-",
        "0",
        "true",
        "\n",
    ];
    let mut texts = vec!["{".to_owned()];
    for _ in 0..5 {
        let longer = |text: &String| pieces.map(|piece| format!("{text}{piece}"));
        texts = texts.iter().flat_map(longer).collect();
        for text in &texts {
            assert_read_alike(text);
        }
    }
}

/// A claim that nobody listens to, one that is read for what it says, one for its elements, one as it is
/// written.
const CLAIMS: [&str; 4] = ["a", "sub", "aud", "cnf"];

#[test]
fn nesting_has_the_same_bound_for_all() {
    for (claim, depth) in CLAIMS
        .into_iter()
        .flat_map(|claim| (100..150).map(move |depth| (claim, depth)))
    {
        let nested = |open: &str, close: &str| {
            let (open, close) = (open.repeat(depth), close.repeat(depth));
            format!("{{\"{claim}\":{open}1{close}}}")
        };
        assert_read_alike(&nested("[", "]"));
        assert_read_alike(&nested("{\"a\":", "}"));
    }
}

#[test]
fn every_claim_is_read_as_strictly() {
    let within = [
        r#"{"a":1,"a":2}"#,
        r#"{"a":1,"\u0061":2}"#,
        r#"{"a":[{"b":1,"b":2}]}"#,
        r#"["a",{"b":1,"b":2}]"#,
        r#""\ud800""#,
        r#"["\ud800"]"#,
        "1e400",
        "[1e400]",
        "01",
        "tru",
        r#""a"#,
        "[1,]",
        r#"["a","b"]"#,
        r#"{"a":{"a":1}}"#,
        r#""\u0061""#,
        "-1.5e3",
        "null",
    ];
    for claim in CLAIMS
        .into_iter()
        .chain(["exp", "events", "scope", "active"])
    {
        for value in within {
            assert_read_alike(&format!("{{\"{claim}\":{value}}}"));
            assert_read_alike(&format!("{{\"b\":1,\"{claim}\": {value} ,\"c\":1}}"));
            assert_read_alike(&format!("{{\"{claim}\":{value},\"{claim}\":1}}"));
        }
    }
}
