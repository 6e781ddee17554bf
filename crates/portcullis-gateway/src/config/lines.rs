use toml::Spanned;

use super::ConfigFileError;

/// Where in a text something stands. The text itself is never shown: somebody may have written a
/// secret into it.
#[derive(Clone, Copy)]
pub(super) struct Lines<'a> {
    text: &'a str,
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text }
    }

    /// What the parser found.
    pub(super) fn syntax(self, error: &toml::de::Error) -> ConfigFileError {
        let line = error.span().map(|span| self.number(span.start));
        ConfigFileError::new(line, without_value(error.message()))
    }

    pub(super) fn error<T>(self, at: &Spanned<T>, problem: impl Into<String>) -> ConfigFileError {
        self.at(at.span().start, problem)
    }

    /// The line, from 1 on, that a value begins in.
    pub(super) fn of_value<T>(self, at: &Spanned<T>) -> usize {
        self.number(at.span().start)
    }

    pub(super) fn at(self, offset: usize, problem: impl Into<String>) -> ConfigFileError {
        ConfigFileError::new(Some(self.number(offset)), problem)
    }

    fn number(self, offset: usize) -> usize {
        let before = self.text.bytes().take(offset);
        1 + before.filter(|&byte| byte == b'\n').count()
    }
}

/// What serde says of a value that does not fit begins with the value, which may be a secret that was
/// written into the wrong place. What was expected says enough.
fn without_value(message: &str) -> String {
    let shows = ["invalid type: ", "invalid value: ", "unknown variant "];
    let expected = message.rsplit_once(", expected ");
    match expected.filter(|_| shows.iter().any(|shown| message.starts_with(shown))) {
        Some((_, expected)) => format!("expected {expected}"),
        None => message.to_owned(),
    }
}
