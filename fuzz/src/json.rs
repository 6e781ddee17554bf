//! A second reader of JSON (RFC 8259): strict, with unique names, and no relative of the library's.

/// How deep values may be nested, the outermost included: what the library promises.
const LEVELS: usize = 127;

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// One value and nothing else; `None` for everything that is not exactly that.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut reader = Reader { rest: text };
        let value = reader.value(LEVELS)?;
        reader.skip_space();
        reader.rest.is_empty().then_some(value)
    }

    /// One object and nothing else.
    pub(crate) fn read_object(bytes: &[u8]) -> Option<Self> {
        Self::read(bytes).filter(|value| matches!(value, Self::Object(_)))
    }

    /// A member of an object.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else {
            return None;
        };
        let mut members = members.iter();
        members.find_map(|(own, value)| (own == name).then_some(value))
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    /// Whether it is this text, or an array of texts with it.
    pub(crate) fn names(&self, wanted: &str) -> bool {
        match self {
            Self::Text(text) => text == wanted,
            Self::Array(elements) => {
                elements.iter().all(|element| element.text().is_some())
                    && elements
                        .iter()
                        .any(|element| element.text() == Some(wanted))
            }
            _ => false,
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn take(&mut self, expected: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(expected)?;
        Some(())
    }

    fn next(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let next = characters.next()?;
        self.rest = characters.as_str();
        Some(next)
    }

    fn value(&mut self, levels: usize) -> Option<Json> {
        self.skip_space();
        match self.rest.bytes().next()? {
            b'{' => self.object(levels.checked_sub(1)?),
            b'[' => self.array(levels.checked_sub(1)?),
            b'"' => self.text().map(Json::Text),
            b't' => self.take("true").map(|()| Json::Bool(true)),
            b'f' => self.take("false").map(|()| Json::Bool(false)),
            b'n' => self.take("null").map(|()| Json::Null),
            _ => self.number(),
        }
    }

    fn object(&mut self, levels: usize) -> Option<Json> {
        self.take("{")?;
        let mut members: Vec<(String, Json)> = Vec::new();
        self.skip_space();
        if self.take("}").is_some() {
            return Some(Json::Object(members));
        }
        loop {
            self.skip_space();
            let name = self.text()?;
            if members.iter().any(|(own, _)| *own == name) {
                return None;
            }
            self.skip_space();
            self.take(":")?;
            members.push((name, self.value(levels)?));
            self.skip_space();
            match self.next()? {
                ',' => {}
                '}' => return Some(Json::Object(members)),
                _ => return None,
            }
        }
    }

    fn array(&mut self, levels: usize) -> Option<Json> {
        self.take("[")?;
        let mut elements = Vec::new();
        self.skip_space();
        if self.take("]").is_some() {
            return Some(Json::Array(elements));
        }
        loop {
            elements.push(self.value(levels)?);
            self.skip_space();
            match self.next()? {
                ',' => {}
                ']' => return Some(Json::Array(elements)),
                _ => return None,
            }
        }
    }

    fn text(&mut self) -> Option<String> {
        self.take("\"")?;
        let mut text = String::new();
        loop {
            match self.next()? {
                '"' => return Some(text),
                '\\' => text.push(self.escape()?),
                control if control < ' ' => return None,
                plain => text.push(plain),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        Some(match self.next()? {
            '"' => '"',
            '\\' => '\\',
            '/' => '/',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let first = self.unit()?;
                if !(0xd800..0xdc00).contains(&first) {
                    return char::from_u32(first);
                }
                self.take("\\u")?;
                let second = self.unit()?.checked_sub(0xdc00)?;
                let low = (second < 0x400).then_some(second)?;
                return char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + low);
            }
            _ => return None,
        })
    }

    fn unit(&mut self) -> Option<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit * 16 + self.next()?.to_digit(16)?;
        }
        Some(unit)
    }

    fn digits(&mut self) -> Option<&str> {
        let length = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        (length > 0).then_some(digits)
    }

    /// A number that a double holds: what is out of its range is no value here.
    fn number(&mut self) -> Option<Json> {
        let whole = self.rest;
        let _ = self.take("-");
        let integer = self.digits()?;
        if integer.len() > 1 && integer.starts_with('0') {
            return None;
        }
        if self.take(".").is_some() {
            self.digits()?;
        }
        if self.take("e").or_else(|| self.take("E")).is_some() {
            let _ = self.take("+").or_else(|| self.take("-"));
            self.digits()?;
        }
        let length = whole.len() - self.rest.len();
        let number: f64 = whole.get(..length)?.parse().ok()?;
        number.is_finite().then_some(Json::Number(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_what_the_grammar_has_and_nothing_else() {
        for (text, value) in [
            (r#" {"a":[1,-0.5e1,true,null,"\u00e9\ud83d\ude00"]} "#, true),
            ("{}", true),
            ("[]", true),
            ("1e400", false),
            ("01", false),
            ("1.", false),
            ("+1", false),
            ("\u{feff}{}", false),
            (r#"{"a":1,"a":2}"#, false),
            (r#"{"a":1,"\u0061":2}"#, false),
            (r#"{"a":1,}"#, false),
            (r#""\ud800""#, false),
            ("\"\u{1}\"", false),
            ("{} x", false),
        ] {
            assert_eq!(Json::read(text.as_bytes()).is_some(), value, "{text}");
        }
        let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(Json::read(deep(127).as_bytes()).is_some());
        assert!(Json::read(deep(128).as_bytes()).is_none());
    }
}
