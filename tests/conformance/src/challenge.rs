use http::{HeaderMap, header};

/// A challenge (RFC 9110 §11.6.1) with its parameters in their order, quoted ones unescaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme.
    pub scheme: String,
    /// Names and values.
    pub parameters: Vec<(String, String)>,
}

impl Challenge {
    /// The value of a parameter.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find_map(|(own, value)| (own == name).then_some(value.as_str()))
    }
}

/// Every challenge of a response, parsed strictly: one per header line, parameters quoted, none
/// of them twice. Panics where the grammar is broken.
#[must_use]
pub fn challenges(headers: &HeaderMap) -> Vec<Challenge> {
    headers
        .get_all(header::WWW_AUTHENTICATE)
        .iter()
        .map(|value| parse(value.to_str().unwrap()))
        .collect()
}

fn parse(text: &str) -> Challenge {
    let (scheme, mut rest) = text.split_once(' ').unwrap();
    assert!(scheme.bytes().all(is_token_byte), "{text}");
    let mut parameters: Vec<(String, String)> = Vec::new();
    loop {
        let (name, quoted) = rest.split_once("=\"").unwrap();
        assert!(
            !name.is_empty() && name.bytes().all(is_token_byte),
            "{text}"
        );
        assert!(parameters.iter().all(|(own, _)| own != name), "{text}");
        let (value, behind) = unquote(quoted);
        parameters.push((name.to_owned(), value));
        if behind.is_empty() {
            break;
        }
        rest = behind.strip_prefix(", ").unwrap();
    }
    Challenge {
        scheme: scheme.to_owned(),
        parameters,
    }
}

/// The text up to the closing quote, unescaped, and what stands behind it.
fn unquote(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, text.get(at + 1..).unwrap()),
            '\\' => value.push(characters.next().unwrap().1),
            _ => value.push(character),
        }
    }
    unclosed(text)
}

#[expect(clippy::panic, reason = "the grammar is broken: the test has failed")]
fn unclosed(text: &str) -> ! {
    panic!("a quoted string has no end: {text}")
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
