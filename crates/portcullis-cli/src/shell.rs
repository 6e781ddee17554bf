//! Lines to copy into a shell.

use crate::terminal::visible;

/// One word of a shell, whatever is in it. `None` for what would not be printed as it is: others choose
/// such texts, and a line that is copied has to be the one that was meant.
pub(crate) fn word(text: &str) -> Option<String> {
    if text.contains('\\') || visible(text) != text {
        return None;
    }
    shlex::try_quote(text).ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stays_one() {
        for text in ["a", "https://a/b", "a; rm -rf ~", "$(id)", "it's \"x\"", ""] {
            let word = word(text).unwrap();
            assert_eq!(shlex::split(&word).unwrap(), [text]);
        }
        for text in ["a\nb", "a\u{1b}", "a\u{202e}b", "a\\u0041"] {
            assert_eq!(word(text), None, "{text:?}");
        }
    }
}
