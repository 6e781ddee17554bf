use std::{cmp::Ordering, fmt, sync::Arc};

use http::Method;

use super::{Rule, methods::Naming, pattern::Case};
use crate::path::CanonicalPath;

/// All rules. A request falls under the one that is narrower than every other one about it: by path,
/// and among those for the same paths by method. Where there is none such, nobody is let in.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    rules: Vec<Arc<Rule>>,
}

/// Why a request falls under no rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleRefusal {
    /// None is about it.
    #[error("no_rule")]
    NoRule,
    /// Several are, and none is narrower than all others.
    #[error("equal_rank")]
    EqualRank,
    /// It would fall under another one where letters are compared without their case, as some
    /// upstreams do.
    #[error("other_case")]
    OtherCase,
}

/// Two rules of equal rank: what falls under both is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ambiguity {
    text: String,
}

type Candidate<'a> = (&'a Arc<Rule>, Naming);

impl Rules {
    /// The rules in whatever order: it decides nothing.
    #[must_use]
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Self {
        Self {
            rules: rules.into_iter().map(Arc::new).collect(),
        }
    }

    /// The rule that a request falls under.
    ///
    /// # Errors
    /// When no rule is the one.
    pub fn find(&self, method: &Method, path: &CanonicalPath) -> Result<&Arc<Rule>, RuleRefusal> {
        let mut candidates = self.candidates(method, path);
        if candidates.is_empty() {
            return Err(RuleRefusal::NoRule);
        }
        let whatever_case = narrowest(&candidates).ok_or(RuleRefusal::EqualRank)?;
        candidates.retain(|(rule, _)| rule.path.matches(path, Case::Exact));
        match narrowest(&candidates) {
            Some(rule) if Arc::ptr_eq(rule, whatever_case) => Ok(rule),
            _ => Err(RuleRefusal::OtherCase),
        }
    }

    /// Which rules contradict each other.
    #[must_use]
    pub fn ambiguities(&self) -> Vec<Ambiguity> {
        let mut found = Vec::new();
        for (index, one) in self.rules.iter().enumerate() {
            let others = self.rules.iter().skip(index + 1);
            found.extend(others.filter_map(|other| Ambiguity::of(one, other)));
        }
        found
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there is none, and so nobody let in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The rules as they were given.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().map(|rule| &**rule)
    }

    /// The rules that are about a request where the case of letters is ignored.
    fn candidates(&self, method: &Method, path: &CanonicalPath) -> Vec<Candidate<'_>> {
        self.rules
            .iter()
            .filter(|rule| rule.path.matches(path, Case::Ignored))
            .filter_map(|rule| Some((rule, rule.methods.naming(method)?)))
            .collect()
    }
}

/// The one that is narrower than every other.
fn narrowest<'a>(candidates: &[Candidate<'a>]) -> Option<&'a Arc<Rule>> {
    let is_narrowest = |own: &&Candidate<'a>| {
        candidates
            .iter()
            .filter(|other| !Arc::ptr_eq(own.0, other.0))
            .all(|other| outranks(own, other))
    };
    candidates.iter().find(is_narrowest).map(|(rule, _)| *rule)
}

fn outranks((one, naming): &Candidate<'_>, (other, other_naming): &Candidate<'_>) -> bool {
    match one.path.compare(&other.path) {
        Some(Ordering::Less) => true,
        Some(Ordering::Equal) => naming < other_naming,
        Some(Ordering::Greater) | None => false,
    }
}

impl Ambiguity {
    fn of(one: &Rule, other: &Rule) -> Option<Self> {
        let (path, others) = (&one.path, &other.path);
        let shared = match path.compare(others) {
            Some(Ordering::Equal) => one.methods.named_alike(&other.methods),
            // Of two that differ in case alone neither is met: a request meets both where it is ignored.
            None if path.overlaps(others, Case::Ignored) => one.methods.in_common(&other.methods),
            _ => None,
        }?;
        let text = format!(
            "the rules for {:?} and {:?} are of equal rank for {shared}: what falls under both is refused",
            path.as_str(),
            others.as_str(),
        );
        Some(Self { text })
    }
}

impl fmt::Display for Ambiguity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Access, Methods};

    fn rule(text: &str) -> Rule {
        let (methods, path) = text.split_once(' ').unwrap();
        let methods = match methods {
            "ANY" => Methods::default(),
            named => Methods::try_from(vec![named.to_owned()]).unwrap(),
        };
        Rule::new(path.parse().unwrap(), methods, Access::Public)
    }

    fn rules(texts: &[&str]) -> Rules {
        Rules::new(texts.iter().map(|text| rule(text)))
    }

    /// The rule that a request falls under, by its place in the list.
    fn found(texts: &[&str], request: &str) -> Result<usize, RuleRefusal> {
        let rules = rules(texts);
        let (method, path) = request.split_once(' ').unwrap();
        let path = CanonicalPath::of_target(path.as_bytes()).unwrap();
        let found = rules.find(&method.parse().unwrap(), &path)?;
        let place = rules.rules.iter().position(|rule| Arc::ptr_eq(rule, found));
        Ok(place.unwrap())
    }

    #[test]
    fn the_narrowest_rule_is_the_one_whatever_the_order() {
        let mut texts = [
            "ANY /**",
            "ANY /a/**",
            "GET /a/**",
            "ANY /a/*",
            "GET /a/b",
            "HEAD /a/b",
        ];
        let expected = [
            ("GET /", "ANY /**"),
            ("POST /b", "ANY /**"),
            ("POST /a", "ANY /a/**"),
            ("GET /a", "GET /a/**"),
            ("HEAD /a", "GET /a/**"),
            ("GET /a/c", "ANY /a/*"),
            ("GET /a/c/d", "GET /a/**"),
            ("GET /a/b", "GET /a/b"),
            ("GET /a/b/", "GET /a/b"),
            ("HEAD /a/b", "HEAD /a/b"),
            ("POST /a/b", "ANY /a/*"),
        ];
        for _ in 0..texts.len() {
            texts.rotate_left(1);
            for (request, rule) in expected {
                assert_eq!(texts[found(&texts, request).unwrap()], rule, "{request}");
            }
        }
    }

    #[test]
    fn where_no_rule_is_the_one_nobody_is_let_in() {
        use RuleRefusal::*;
        for (texts, request, why) in [
            (&[][..], "GET /", NoRule),
            (&["GET /a"], "GET /", NoRule),
            (&["GET /a"], "GET /a/b", NoRule),
            (&["GET /a"], "POST /a", NoRule),
            (&["GET /a"], "get /a", NoRule),
            (&["GET /a", "GET /a"], "GET /a", EqualRank),
            (&["ANY /a", "ANY /a"], "GET /a", EqualRank),
            (&["ANY /a/*", "ANY /*/b"], "GET /a/b", EqualRank),
            (&["ANY /a/*", "GET /*/b"], "GET /a/b", EqualRank),
            (&["GET /a"], "GET /A", OtherCase),
            (&["ANY /**", "GET /admin"], "GET /ADMIN", OtherCase),
            (&["ANY /**", "ANY /admin/**"], "GET /Admin/users", OtherCase),
            (&["ANY /**", "ANY /admin/**"], "GET /ADMIN/", OtherCase),
            (&["ANY /admin", "ANY /Admin"], "GET /admin", EqualRank),
            (
                &["ANY /admin/**", "GET /ADMIN/users"],
                "GET /admin/users",
                EqualRank,
            ),
        ] {
            assert_eq!(found(texts, request), Err(why), "{texts:?} {request}");
        }
    }

    #[test]
    fn a_third_rule_that_is_narrower_decides_between_two_of_equal_rank() {
        let texts = ["ANY /a/*", "ANY /*/b", "ANY /a/b"];
        assert_eq!(found(&texts, "GET /a/b"), Ok(2));
        assert_eq!(found(&texts, "GET /a/c"), Ok(0));
        assert_eq!(found(&texts, "GET /c/b"), Ok(1));
    }

    #[test]
    fn letters_of_either_case_are_the_upstreams_own_where_no_rule_names_them() {
        let texts = ["ANY /files/*"];
        assert_eq!(found(&texts, "GET /files/README"), Ok(0));
        assert_eq!(found(&texts, "GET /files/readme"), Ok(0));
    }

    #[test]
    fn rules_of_equal_rank_are_found_when_they_are_read() {
        for texts in [
            ["GET /a", "GET /a"],
            ["ANY /a", "ANY /a"],
            ["ANY /a/*", "GET /*/b"],
            ["GET /a/*", "HEAD /*/b"],
            ["ANY /admin", "ANY /Admin"],
            ["ANY /admin/**", "GET /ADMIN/users"],
        ] {
            assert_eq!(rules(&texts).ambiguities().len(), 1, "{texts:?}");
        }
        for texts in [
            ["GET /a", "POST /a"],
            ["GET /a", "HEAD /a"],
            ["GET /a", "ANY /a"],
            ["ANY /a", "ANY /**"],
            ["ANY /a/*", "ANY /b/*"],
            ["GET /a/*", "POST /*/b"],
        ] {
            assert!(rules(&texts).ambiguities().is_empty(), "{texts:?}");
        }
    }
}
