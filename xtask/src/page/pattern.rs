//! What the text says comes of a command, against what came. `…` stands for whatever is different
//! each time: within a line for any characters, alone on a line for any lines.

const ANYTHING: &str = "…";

/// How many of the lines the pattern takes up, from the first on; `None` where it does not fit.
pub(super) fn taken(pattern: &[String], lines: &[String]) -> Option<usize> {
    fitting(pattern, lines, |_| true)
}

/// Whether the pattern is about these lines and no more of them.
pub(super) fn is_all(pattern: &[String], lines: &[String]) -> bool {
    fitting(pattern, lines, <[String]>::is_empty).is_some()
}

fn fitting(
    pattern: &[String],
    lines: &[String],
    may_be_left: fn(&[String]) -> bool,
) -> Option<usize> {
    let Some((first, rest)) = pattern.split_first() else {
        return may_be_left(lines).then_some(0);
    };
    if first.trim() == ANYTHING {
        return (0..=lines.len()).find_map(|skipped| {
            let behind = fitting(rest, lines.get(skipped..)?, may_be_left)?;
            Some(skipped + behind)
        });
    }
    let (line, behind) = lines.split_first()?;
    let taken = fits(first, line).then(|| fitting(rest, behind, may_be_left))?;
    taken.map(|taken| taken + 1)
}

fn fits(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.trim_end().split(ANYTHING);
    let line = line.trim_end();
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    let mut is_open = false;
    while let Some(part) = parts.next() {
        is_open = true;
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some((_, behind)) = rest.split_once(part) else {
            return false;
        };
        rest = behind;
    }
    is_open || rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_line_is_taken_letter_by_letter_but_for_what_varies() {
        assert!(fits("the orders of alice", "the orders of alice"));
        assert!(!fits(
            "the orders of alice",
            "the orders of alice, and more"
        ));
        assert!(fits("date: …", "date: Fri, 27 Nov 2026 11:00:00 GMT"));
        assert!(fits("a…b…c", "a1b2c"));
        assert!(!fits("a…b…c", "a1c2b"));
        assert!(!fits("HTTP/1.1 401 …", "HTTP/1.1 200 OK"));
    }

    #[test]
    fn a_line_of_dots_stands_for_any_lines_and_none() {
        let pattern = lines("one\n…\nfour");
        assert!(is_all(&pattern, &lines("one\ntwo\nthree\nfour")));
        assert!(is_all(&pattern, &lines("one\nfour")));
        assert!(!is_all(&pattern, &lines("one\ntwo")));
        assert!(!is_all(&pattern, &lines("one\nfour\nfive")));
        assert!(is_all(&lines("one\n…"), &lines("one\ntwo")));
        assert!(!is_all(&lines("two\n…"), &lines("one\ntwo")));
        assert!(is_all(&[], &[]));
        assert!(!is_all(&[], &lines("one")));
    }

    #[test]
    fn the_beginning_of_what_a_program_says_may_suffice() {
        let said = lines("building\nready: 8080\nmore");
        assert_eq!(taken(&lines("…\nready: …"), &said), Some(2));
        assert_eq!(taken(&lines("ready: …"), &said), None);
        assert_eq!(taken(&lines("…\nstopped"), &said), None);
    }
}
