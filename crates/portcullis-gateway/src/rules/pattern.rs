use std::{cmp::Ordering, fmt, str::FromStr};

use serde::Deserialize;

use crate::path::{CanonicalPath, is_path_character};

/// Which paths a rule is about, by whole segments: `/orders` is that path alone, `/orders/*` one
/// segment below it, `/orders/**` itself and everything below it.
///
/// A slash at the end of a path changes nothing, since many upstreams do not look at it either.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PathPattern {
    text: Box<str>,
    segments: Vec<Segment>,
}

#[derive(Clone, PartialEq, Eq)]
enum Segment {
    /// This very text.
    Literal(Box<str>),
    /// Any one segment.
    One,
    /// Any number of segments, none included; the last of a pattern only.
    Rest,
}

/// A text is no pattern for paths.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no pattern for paths: {problem}")]
pub struct PatternError {
    text: String,
    problem: &'static str,
}

/// How letters are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Exact,
    /// As servers do that take `/ADMIN` for `/admin`.
    Ignored,
}

impl PathPattern {
    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn matches(&self, path: &CanonicalPath, case: Case) -> bool {
        let mut path = path.segments().filter(|segment| !segment.is_empty());
        for segment in &self.segments {
            let is_met = match (segment, path.next()) {
                (Segment::Rest, _) => return true,
                (Segment::One, Some(_)) => true,
                (Segment::Literal(own), Some(other)) => case.equals(own, other),
                (Segment::One | Segment::Literal(_), None) => false,
            };
            if !is_met {
                return false;
            }
        }
        path.next().is_none()
    }

    /// Which of two patterns is about less, where every path of one is a path of the other. `Less` is
    /// the narrower one. `None` where neither holds: nobody can say which of them was meant.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self.is_within(other), other.is_within(self)) {
            (true, true) => Some(Ordering::Equal),
            (true, false) => Some(Ordering::Less),
            (false, true) => Some(Ordering::Greater),
            (false, false) => None,
        }
    }

    fn is_within(&self, other: &Self) -> bool {
        let mut own = self.segments.iter();
        for wider in &other.segments {
            match (own.next(), wider) {
                (_, Segment::Rest) => return true,
                (Some(Segment::Literal(_) | Segment::One), Segment::One) => {}
                (Some(Segment::Literal(own)), Segment::Literal(wider)) if own == wider => {}
                _ => return false,
            }
        }
        own.next().is_none()
    }

    /// Whether some path is one of both, letters compared in this way.
    pub(super) fn overlaps(&self, other: &Self, case: Case) -> bool {
        let (mut own, mut others) = (self.segments.iter(), other.segments.iter());
        loop {
            match (own.next(), others.next()) {
                (Some(Segment::Rest), _) | (_, Some(Segment::Rest)) | (None, None) => return true,
                (Some(Segment::Literal(own)), Some(Segment::Literal(other)))
                    if !case.equals(own, other) =>
                {
                    return false;
                }
                (Some(_), Some(_)) => {}
                (Some(_), None) | (None, Some(_)) => return false,
            }
        }
    }
}

impl Case {
    fn equals(self, own: &str, other: &str) -> bool {
        match self {
            Self::Exact => own == other,
            Self::Ignored => own.eq_ignore_ascii_case(other),
        }
    }
}

impl FromStr for PathPattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let refused = |problem| PatternError {
            text: text.to_owned(),
            problem,
        };
        let Some(rest) = text.strip_prefix('/') else {
            return Err(refused("begin it with `/`"));
        };
        let mut segments = Vec::new();
        // `/` alone has no segments.
        for segment in rest.split('/').filter(|_| !rest.is_empty()) {
            if segments.last() == Some(&Segment::Rest) {
                return Err(refused(
                    "`**` stands for all that follows: nothing comes after it",
                ));
            }
            segments.push(Segment::parse(segment).map_err(refused)?);
        }
        Ok(Self {
            text: text.into(),
            segments,
        })
    }
}

impl Segment {
    fn parse(segment: &str) -> Result<Self, &'static str> {
        match segment {
            "*" => Ok(Self::One),
            "**" => Ok(Self::Rest),
            "" => Err(
                "write no slash at the end and no two in a row: `/a` is about `/a/` too, and `/a/**` about all below",
            ),
            _ if segment.contains('*') => {
                Err("`*` and `**` stand for whole segments, never for a part of one")
            }
            _ if segment.ends_with('.') => {
                Err("no path with a segment that ends with a dot is let in")
            }
            _ if segment.bytes().all(is_path_character) => Ok(Self::Literal(segment.into())),
            _ => Err(
                "no path with an escape, a `;` or another character than those of RFC 3986 §3.3 is let in",
            ),
        }
    }
}

impl TryFrom<String> for PathPattern {
    type Error = PatternError;

    fn try_from(text: String) -> Result<Self, PatternError> {
        text.parse()
    }
}

impl fmt::Debug for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> PathPattern {
        text.parse().unwrap()
    }

    fn matches(text: &str, path: &str) -> bool {
        let path = CanonicalPath::of_target(path.as_bytes()).unwrap();
        pattern(text).matches(&path, Case::Exact)
    }

    #[test]
    fn patterns_match_whole_segments_in_their_case() {
        for (text, path) in [
            ("/", "/"),
            ("/admin", "/admin"),
            ("/admin", "/admin/"),
            ("/a/*", "/a/b"),
            ("/a/*", "/a/b/"),
            ("/a/*/c", "/a/b/c"),
            ("/a/**", "/a"),
            ("/a/**", "/a/"),
            ("/a/**", "/a/b"),
            ("/a/**", "/a/b/c/d"),
            ("/**", "/"),
            ("/**", "/a/b"),
            ("/*/**", "/a"),
        ] {
            assert!(matches(text, path), "{text} {path}");
        }
        for (text, path) in [
            ("/", "/a"),
            ("/admin", "/"),
            ("/admin", "/ADMIN"),
            ("/admin", "/Admin"),
            ("/admin", "/administrator"),
            ("/admin", "/admin.json"),
            ("/admin", "/admin,x"),
            ("/admin", "/admin/x"),
            ("/admin", "/x/admin"),
            ("/a/*", "/a"),
            ("/a/*", "/a/"),
            ("/a/*", "/a/b/c"),
            ("/a/**", "/ab"),
            ("/a/**", "/b/a"),
            ("/*/**", "/"),
        ] {
            assert!(!matches(text, path), "{text} {path}");
        }
    }

    #[test]
    fn what_no_path_can_match_is_no_pattern() {
        for text in [
            "",
            "admin",
            "*",
            "/a/",
            "//",
            "/a//b",
            "/a*",
            "/*a",
            "/a/***",
            "/a/**/b",
            "/**/**",
            "/a;b",
            "/a%20b",
            "/a b",
            "/.",
            "/a/..",
            "/caf\u{e9}",
            "/{id}",
            "/a?b",
            "/a\\b",
        ] {
            assert!(text.parse::<PathPattern>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_narrower_pattern_is_the_one_whose_paths_are_all_paths_of_the_other() {
        let less = [
            ("/a", "/*"),
            ("/a", "/a/**"),
            ("/a", "/**"),
            ("/a/b", "/a/*"),
            ("/a/b", "/*/b"),
            ("/a/*", "/a/**"),
            ("/a/*", "/*/*"),
            ("/a/b/**", "/a/**"),
            ("/a/*/**", "/a/**"),
            ("/", "/**"),
        ];
        for (narrow, wide) in less {
            let (narrow, wide) = (pattern(narrow), pattern(wide));
            assert_eq!(
                narrow.compare(&wide),
                Some(Ordering::Less),
                "{narrow:?} {wide:?}"
            );
            assert_eq!(wide.compare(&narrow), Some(Ordering::Greater));
            assert!(narrow.overlaps(&wide, Case::Exact) && wide.overlaps(&narrow, Case::Exact));
        }
        assert_eq!(
            pattern("/a/*").compare(&pattern("/a/*")),
            Some(Ordering::Equal)
        );
        for (one, other) in [("/a/*", "/*/b"), ("/a/**", "/*/b"), ("/*", "/a/**")] {
            let (one, other) = (pattern(one), pattern(other));
            assert_eq!(one.compare(&other), None, "{one:?} {other:?}");
            assert!(one.overlaps(&other, Case::Exact));
        }
        for (one, other) in [
            ("/a", "/b"),
            ("/a/*", "/a"),
            ("/a/**", "/b/**"),
            ("/*", "/a/b"),
        ] {
            assert!(
                !pattern(one).overlaps(&pattern(other), Case::Ignored),
                "{one} {other}"
            );
        }
    }
}
