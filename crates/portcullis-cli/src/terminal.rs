//! Text that others have chosen, on a terminal.

use std::io::{self, Write};

/// Prints a report. Whoever reads it may have read enough and gone, as `head` does.
pub(crate) fn print(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes());
    let _ = stdout.flush();
}

/// A text in which nothing is left that a terminal acts upon or that does not show, such as control
/// characters and what turns the direction of text: those are written as JSON escapes them.
pub(crate) fn visible(text: &str) -> String {
    escaped(text, |_| false)
}

/// The same of several lines.
pub(crate) fn visible_lines(text: &str) -> String {
    escaped(text, |letter| letter == '\n')
}

fn escaped(text: &str, is_kept: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_kept(letter) || is_plain(letter) {
            shown.push(letter);
            continue;
        }
        let mut units = [0; 2];
        for unit in letter.encode_utf16(&mut units) {
            shown.push_str(&format!("\\u{unit:04x}"));
        }
    }
    shown
}

/// Whether a letter shows, and as itself. Marks that belong to the letter before them do.
fn is_plain(letter: char) -> bool {
    if matches!(letter, '"' | '\'' | '\\') {
        return true;
    }
    let behind_another = String::from_iter(['a', letter]);
    behind_another.escape_debug().nth(2).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_acts_upon_is_escaped() {
        for (text, shown) in [
            ("\u{1b}[2J\u{7}", "\\u001b[2J\\u0007"),
            ("\u{9b}31m", "\\u009b31m"),
            ("a\u{202e}b\u{2066}c", "a\\u202eb\\u2066c"),
            ("a\u{200b}b\u{feff}\u{7f}", "a\\u200bb\\ufeff\\u007f"),
            ("\u{e0041}", "\\udb40\\udc41"),
            ("a\r\nb\u{2028}", "a\\u000d\\u000ab\\u2028"),
            ("plain \"'\\ é 漢 हिन्दी 🦀", "plain \"'\\ é 漢 हिन्दी 🦀"),
        ] {
            assert_eq!(visible(text), shown);
        }
        assert_eq!(visible_lines("a\nb\r"), "a\nb\\u000d");
    }
}
