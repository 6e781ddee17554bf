use std::fmt;

/// The path of a request in the one spelling that gateway, rules and upstream read alike.
///
/// Whoever can spell one path in two ways can have it judged as one thing and served as another. So
/// nothing is normalized here: what is not plain already is refused, before any rule is looked at.
#[derive(Clone, PartialEq, Eq)]
pub struct CanonicalPath {
    text: Box<str>,
}

/// Why a request target has no canonical path. The codes are stable and say nothing of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathRefusal {
    /// It is not the path of a resource: empty, `*`, a whole address, an authority.
    #[error("not_absolute")]
    NotAbsolute,
    /// It is longer than [`CanonicalPath::MAX_LENGTH`].
    #[error("too_long")]
    TooLong,
    /// It has bytes that are no text.
    #[error("not_utf8")]
    NotUtf8,
    /// It has characters that no path is made of (RFC 3986 §3.3), such as `\`, `#` or a control
    /// character.
    #[error("bad_character")]
    BadCharacter,
    /// It has a `;`, which some servers take for the beginning of a matrix parameter.
    #[error("semicolon")]
    Semicolon,
    /// It has an escape (`%41`): what is not the same before and after decoding has two spellings.
    #[error("escaped")]
    Escaped,
    /// It has an empty segment (`//`).
    #[error("empty_segment")]
    EmptySegment,
    /// A segment is `.` or `..`, or ends with a dot, which some servers drop.
    #[error("dot_segment")]
    DotSegment,
}

impl CanonicalPath {
    /// The longest request target that is read, in bytes.
    pub const MAX_LENGTH: usize = 8 * 1024;

    /// The path of a request target in origin form (RFC 9112 §3.2.1), as the client sent it. The
    /// query is held to the same characters and otherwise left alone.
    ///
    /// # Errors
    /// When it has more than one spelling, or none.
    pub fn of_target(target: &[u8]) -> Result<Self, PathRefusal> {
        if target.len() > Self::MAX_LENGTH {
            return Err(PathRefusal::TooLong);
        }
        let target = str::from_utf8(target).map_err(|_| PathRefusal::NotUtf8)?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if !path.starts_with('/') {
            return Err(PathRefusal::NotAbsolute);
        }
        judge_characters(path)?;
        if !query
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'#')
        {
            return Err(PathRefusal::BadCharacter);
        }
        judge_segments(path)?;
        Ok(Self { text: path.into() })
    }

    /// The path as it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands between the slashes; the last is empty where the path ends with one.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &str> {
        self.text.split('/').skip(1)
    }
}

/// The order decides which refusal is told where there are several.
fn judge_characters(path: &str) -> Result<(), PathRefusal> {
    for byte in path.bytes() {
        match byte {
            b';' => return Err(PathRefusal::Semicolon),
            b'%' => return Err(PathRefusal::Escaped),
            b'/' => {}
            _ if is_path_character(byte) => {}
            _ => return Err(PathRefusal::BadCharacter),
        }
    }
    Ok(())
}

/// `pchar` of RFC 3986 §3.3, without escapes and `;`.
pub(crate) fn is_path_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@".contains(&byte)
}

fn judge_segments(path: &str) -> Result<(), PathRefusal> {
    if path.contains("//") {
        return Err(PathRefusal::EmptySegment);
    }
    if path.split('/').any(|segment| segment.ends_with('.')) {
        return Err(PathRefusal::DotSegment);
    }
    Ok(())
}

/// A path may hold what is private, as an id in it: it goes into no log by accident.
impl fmt::Debug for CanonicalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CanonicalPath")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(target: impl AsRef<[u8]>) -> Option<PathRefusal> {
        CanonicalPath::of_target(target.as_ref()).err()
    }

    #[test]
    fn a_plain_path_is_taken_as_it_is() {
        for (target, path) in [
            ("/", "/"),
            ("/admin", "/admin"),
            ("/admin/", "/admin/"),
            ("/ADMIN", "/ADMIN"),
            ("/a/b-c_d~e/f.g", "/a/b-c_d~e/f.g"),
            ("/.well-known/x", "/.well-known/x"),
            ("/a..b/c", "/a..b/c"),
            ("/@me/a:b/(c)!$&'*+,=", "/@me/a:b/(c)!$&'*+,="),
            ("/a?b=/../%2e;x//", "/a"),
            ("/a?", "/a"),
            ("/a?b?c", "/a"),
        ] {
            assert_eq!(
                CanonicalPath::of_target(target.as_bytes())
                    .unwrap()
                    .as_str(),
                path
            );
        }
    }

    #[test]
    fn what_has_two_spellings_has_none() {
        use PathRefusal::*;
        for (target, why) in [
            ("", NotAbsolute),
            ("*", NotAbsolute),
            ("admin", NotAbsolute),
            ("?a=/admin", NotAbsolute),
            ("http://api.example/admin", NotAbsolute),
            ("api.example:443", NotAbsolute),
            ("//admin", EmptySegment),
            ("/a//b", EmptySegment),
            ("/a//", EmptySegment),
            ("/.", DotSegment),
            ("/..", DotSegment),
            ("/a/./b", DotSegment),
            ("/a/../admin", DotSegment),
            ("/a/..", DotSegment),
            ("/a/.../b", DotSegment),
            ("/admin.", DotSegment),
            ("/admin../b", DotSegment),
            ("/admin;x", Semicolon),
            ("/admin;", Semicolon),
            ("/;/admin", Semicolon),
            ("/a;x=..;/admin", Semicolon),
            ("/a\\b", BadCharacter),
            ("\\admin", NotAbsolute),
            ("/a\0", BadCharacter),
            ("/a\tb", BadCharacter),
            ("/a b", BadCharacter),
            ("/a\r\nX: y", BadCharacter),
            ("/a\u{7f}", BadCharacter),
            ("/a#b", BadCharacter),
            ("/a?b#c", BadCharacter),
            ("/a?b c", BadCharacter),
            ("/a|b", BadCharacter),
            ("/{a}", BadCharacter),
            ("/caf\u{e9}", BadCharacter),
            ("/\u{ff41}dmin", BadCharacter),
        ] {
            assert_eq!(refusal(target), Some(why), "{target:?}");
        }
        assert_eq!(refusal(b"/\xff"), Some(NotUtf8));
        assert_eq!(refusal(b"/\xc0\xaf"), Some(NotUtf8));
        assert_eq!(refusal(b"/a?\xff"), Some(NotUtf8));
    }

    #[test]
    fn no_escape_of_any_byte_is_taken_in_any_case() {
        for byte in 0..=u8::MAX {
            for escape in [format!("%{byte:02x}"), format!("%{byte:02X}")] {
                for target in [
                    format!("/{escape}"),
                    format!("/a{escape}b"),
                    format!("/a/{escape}{escape}/b"),
                    format!("/%25{byte:02x}"),
                ] {
                    assert_eq!(refusal(&target), Some(PathRefusal::Escaped), "{target}");
                }
            }
        }
        for broken in ["/%", "/%2", "/%zz", "/%u002f", "/a%2", "/%%32%66"] {
            assert_eq!(refusal(broken), Some(PathRefusal::Escaped), "{broken}");
        }
    }

    #[test]
    fn a_long_target_is_refused_before_it_is_read() {
        let long = format!("/{}", "a".repeat(CanonicalPath::MAX_LENGTH));
        assert_eq!(refusal(long), Some(PathRefusal::TooLong));
        let just = format!("/{}", "a".repeat(CanonicalPath::MAX_LENGTH - 1));
        assert_eq!(refusal(just), None);
    }
}
