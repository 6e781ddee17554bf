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

    fn add(&mut self, text: &str) {
        self.needles.push(text.to_owned());
        self.needles.extend(base64(text));
    }

    /// The needles that are in the text.
    pub(super) fn found_in<'a>(&'a self, text: &'a str) -> impl Iterator<Item = &'a str> {
        let needles = self.needles.iter().map(String::as_str);
        needles.filter(|needle| text.contains(needle))
    }

    /// Panics, with the line, when a needle is in the text.
    pub(super) fn assert_absent_from(&self, text: &str) {
        for line in text.lines() {
            let found: Vec<_> = self.found_in(line).collect();
            assert!(found.is_empty(), "{found:?} in {line}");
        }
        // Once more as a whole: a secret may have a line break in it.
        assert_eq!(self.found_in(text).next(), None);
    }
}

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
