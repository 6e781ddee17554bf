//! Text that others have chosen, on a terminal.

use std::{
    io::{self, Write},
    ops::RangeInclusive,
};

/// Prints a report. Whoever reads it may have read enough and gone, as `head` does.
pub(crate) fn print(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes());
    let _ = stdout.flush();
}

/// A text in which nothing is left that a terminal acts upon or that does not show, such as control
/// characters and what turns the direction of text: those are written as JSON escapes them. So is a
/// backslash that would read like such an escape and is none.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (at, letter) in text.char_indices() {
        let rest = text.get(at..).unwrap_or_default();
        push(&mut shown, letter, is_plain(letter) && !looks_escaped(rest));
    }
    shown
}

/// The same of JSON in lines, whose texts escape their backslashes already.
pub(crate) fn visible_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for letter in json.chars() {
        push(&mut shown, letter, letter == '\n' || is_plain(letter));
    }
    shown
}

fn push(shown: &mut String, letter: char, is_kept: bool) {
    if is_kept {
        shown.push(letter);
        return;
    }
    let mut units = [0; 2];
    for unit in letter.encode_utf16(&mut units) {
        shown.push_str(&format!("\\u{unit:04x}"));
    }
}

/// Whether a text begins as an escaped letter does.
fn looks_escaped(text: &str) -> bool {
    let digits = text
        .strip_prefix("\\u")
        .map(|rest| rest.bytes().take_while(u8::is_ascii_hexdigit).count());
    digits.is_some_and(|digits| digits >= 4)
}

/// Whether a letter shows, and as itself. Marks that belong to the letter before them do.
fn is_plain(letter: char) -> bool {
    if matches!(letter, '"' | '\'' | '\\') {
        return true;
    }
    let behind_another = String::from_iter(['a', letter]);
    let shows = behind_another.escape_debug().nth(2).is_none();
    shows && !IGNORABLE.iter().any(|range| range.contains(&letter))
}

/// What does not show by design (Unicode, `Default_Ignorable_Code_Point`).
const IGNORABLE: &[RangeInclusive<char>] = &[
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{202a}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fff8}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
];

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
            ("a\u{34f}b\u{fe0f}\u{3164}", "a\\u034fb\\ufe0f\\u3164"),
            ("a\u{115f}\u{e0101}", "a\\u115f\\udb40\\udd01"),
            ("a\r\nb\u{2028}", "a\\u000d\\u000ab\\u2028"),
            ("plain \"'\\ é 漢 हिन्दी 🦀", "plain \"'\\ é 漢 हिन्दी 🦀"),
        ] {
            assert_eq!(visible(text), shown);
        }
        assert_eq!(visible_json("a\nb\r"), "a\nb\\u000d");
    }

    #[test]
    fn what_was_written_like_an_escape_is_told_from_one() {
        assert_eq!(visible("\\u001b"), "\\u005cu001b");
        assert_eq!(visible("\\\\u001b"), "\\\\u005cu001b");
        assert_eq!(visible(r"C:\users \u{1b}"), r"C:\users \u{1b}");
        let json = serde_json::json!(["\\u001b", "\u{1b}"]).to_string();
        assert_eq!(visible_json(&json), json);
    }
}
