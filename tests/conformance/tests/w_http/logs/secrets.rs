use std::collections::{HashMap, HashSet};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

/// What must not be found anywhere: each secret with its parts and its encodings.
#[derive(Default)]
pub(super) struct Secrets {
    needles: Vec<String>,
}

impl Secrets {
    /// The client secret, as it is and as it travels.
    pub(super) fn client(&mut self, id: &str, secret: &str) {
        self.add(secret);
        let encoded = form_encoded(secret);
        self.add(&encoded);
        for pair in [
            format!("{id}:{secret}"),
            format!("{}:{encoded}", form_encoded(id)),
        ] {
            self.needles.extend(base64(&pair));
        }
    }

    /// A token that a client presents.
    pub(super) fn token(&mut self, token: &str) {
        self.add(token);
        self.add(&form_encoded(token));
        for part in token.split('.').filter(|part| part.len() > 7) {
            self.add(part);
        }
    }

    pub(super) fn add(&mut self, text: &str) {
        self.needles.push(text.to_owned());
        self.needles.extend(base64(text));
    }

    /// The needles that are in the text, as often as they are.
    pub(super) fn found_in<'a>(&'a self, text: &'a str) -> impl Iterator<Item = &'a str> {
        let (mut found, long) = self.by_beginning();
        found.retain(|needle| text.contains(needle));
        for (place, beginning) in text.as_bytes().windows(BEGINNING).enumerate() {
            let Some(begun) = long.get(beginning) else {
                continue;
            };
            let rest = text.as_bytes().get(place..).unwrap_or_default();
            found.extend(
                begun
                    .iter()
                    .filter(|needle| rest.starts_with(needle.as_bytes())),
            );
        }
        found.into_iter()
    }

    /// Short needles, and the others by how they begin: there may be thousands, and a text is
    /// read once.
    fn by_beginning(&self) -> (Vec<&str>, HashMap<&[u8], Vec<&str>>) {
        let (mut short, mut long) = (Vec::new(), HashMap::<_, Vec<_>>::new());
        let needles: HashSet<_> = self.needles.iter().map(String::as_str).collect();
        for needle in needles {
            match needle.as_bytes().get(..BEGINNING) {
                Some(beginning) => long.entry(beginning).or_default().push(needle),
                None => short.push(needle),
            }
        }
        (short, long)
    }

    /// Panics, with a line, when a needle is in the text.
    pub(super) fn assert_absent_from(&self, text: &str) {
        let found: HashSet<_> = self.found_in(text).collect();
        let has_one = |line: &&str| found.iter().any(|needle| line.contains(needle));
        let line = text.lines().find(has_one).unwrap_or_default();
        assert!(found.is_empty(), "{found:?} in {line}");
    }
}

/// How many bytes of a needle it is looked up by.
const BEGINNING: usize = 8;

/// Base64 in both alphabets. The padding is left out: text that goes on has none.
fn base64(text: &str) -> [String; 2] {
    [STANDARD_NO_PAD.encode(text), URL_SAFE_NO_PAD.encode(text)]
}

/// As `application/x-www-form-urlencoded`.
fn form_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'*' | b'-' | b'.' | b'_' => {
            char::from(byte).to_string()
        }
        b' ' => "+".to_owned(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}
