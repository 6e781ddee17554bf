//! A second reading of `WWW-Authenticate`, by the grammar of RFC 9110 §11.6.1 and nothing else.

/// A challenge: its scheme, and its parameters with their values unescaped.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Challenge {
    pub(crate) scheme: String,
    pub(crate) parameters: Vec<(String, String)>,
}

impl Challenge {
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let mut parameters = self.parameters.iter();
        parameters.find_map(|(own, value)| (own == name).then_some(value.as_str()))
    }
}

/// `1*SP`, then parameters; the lists of the grammar may have spaces and tabs around their commas, but no
/// empty elements where a sender writes them (§5.6.1.1). `None` where it is not followed.
pub(crate) fn challenge(value: &[u8]) -> Option<Challenge> {
    let mut reader = Reader { rest: value };
    let scheme = reader.token()?;
    let mut challenge = Challenge {
        scheme,
        parameters: Vec::new(),
    };
    if reader.rest.is_empty() {
        return Some(challenge);
    }
    reader.take(b' ')?;
    while reader.take(b' ').is_some() {}
    loop {
        let name = reader.token()?.to_ascii_lowercase();
        reader.skip_blanks();
        reader.take(b'=')?;
        reader.skip_blanks();
        let value = match reader.rest.first()? {
            b'"' => reader.quoted()?,
            _ => reader.token()?,
        };
        challenge.parameters.push((name, value));
        reader.skip_blanks();
        if reader.rest.is_empty() {
            return Some(challenge);
        }
        reader.take(b',')?;
        reader.skip_blanks();
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn take(&mut self, expected: u8) -> Option<()> {
        self.rest = self.rest.strip_prefix(&[expected])?;
        Some(())
    }

    fn skip_blanks(&mut self) {
        while self.take(b' ').or_else(|| self.take(b'\t')).is_some() {}
    }

    /// `1*tchar` (§5.6.2).
    fn token(&mut self) -> Option<String> {
        let mut token = String::new();
        while let Some(byte) = self.rest.first().copied() {
            if !byte.is_ascii_alphanumeric() && !b"!#$%&'*+-.^_`|~".contains(&byte) {
                break;
            }
            token.push(char::from(byte));
            self.next();
        }
        (!token.is_empty()).then_some(token)
    }

    /// `quoted-string` (§5.6.4), without what is obsolete.
    fn quoted(&mut self) -> Option<String> {
        self.take(b'"')?;
        let mut text = String::new();
        loop {
            let byte = match self.next()? {
                b'"' => return Some(text),
                b'\\' => self.next()?,
                other => other,
            };
            if !matches!(byte, b'\t' | b' '..=b'~') {
                return None;
            }
            text.push(char::from(byte));
        }
    }
}

#[test]
fn it_reads_the_grammar_and_nothing_else() {
    let read = challenge(br#"Bearer realm="a\"b\\c" , error=x"#).unwrap();
    assert_eq!(read.scheme, "Bearer");
    assert_eq!(read.parameter("realm"), Some(r#"a"b\c"#));
    assert_eq!(read.parameter("error"), Some("x"));
    assert!(challenge(b"Bearer").is_some());
    for broken in [
        "",
        " ",
        "Bearer ",
        "Bearer a",
        "Bearer a=",
        "Bearer a=\"",
        "Bearer a=\"\\\"",
        "Bearer a=b,",
        "Bearer a=b, ,c=d",
        "Bearer a=\"\u{7f}\"",
        "Bearer a=b c=d",
        "Bearer a=\"b\"c",
        "Bear(er a=b",
    ] {
        assert_eq!(challenge(broken.as_bytes()), None, "{broken}");
    }
}
