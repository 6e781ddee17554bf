use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::Json;

/// One part of a JWT, decoded as far as it goes.
#[derive(Debug)]
pub(crate) struct Part {
    /// How many letters it has.
    pub(crate) length: usize,
    pub(crate) bytes: Vec<u8>,
    /// What it says, if that is JSON.
    pub(crate) json: Option<Json>,
    /// Why it could not be read to its end.
    pub(crate) problem: Option<String>,
    /// How it departs from the one spelling that there is (RFC 7515 §2): by `=` at its end.
    pub(crate) is_padded: bool,
    /// By letters of the other base64 alphabet.
    pub(crate) has_other_alphabet: bool,
}

const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

impl Part {
    /// Decodes what is base64url by and large; what comes behind a letter that no base64 has is left
    /// out.
    pub(crate) fn decode(text: &str) -> Self {
        let unpadded = text.trim_end_matches('=');
        let spelled = unpadded.replace('+', "-").replace('/', "_");
        let is_letter =
            |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
        let good: String = spelled.chars().take_while(|it| is_letter(*it)).collect();
        let mut problem = (good.len() < spelled.len()).then(|| {
            let position = good.len() + 1;
            format!("letter {position} of it is none of base64url")
        });
        // No base64 ends in a single letter of its last group.
        let is_cut = good.len() % 4 == 1;
        if is_cut && problem.is_none() {
            problem = Some("it ends within a letter: something is cut off".to_owned());
        }
        let whole: String = good
            .chars()
            .take(good.len() - usize::from(is_cut))
            .collect();
        let bytes = FORGIVING.decode(whole).unwrap_or_default();
        let json = match serde_json::from_slice(&bytes) {
            Ok(json) => Some(json),
            Err(error) => {
                problem.get_or_insert_with(|| format!("it is not JSON: {error}"));
                None
            }
        };
        Self {
            length: text.len(),
            bytes,
            json,
            problem,
            is_padded: unpadded.len() < text.len(),
            has_other_alphabet: spelled != unpadded,
        }
    }

    /// Whether it says an object, or began to.
    pub(super) fn is_object(&self) -> bool {
        let text = String::from_utf8_lossy(&self.bytes);
        let text = text.trim_start_matches('\u{feff}').trim_start();
        // One text in 256 begins with this byte by chance; none of any length is text.
        text.starts_with('{') && !text.contains('\u{fffd}')
    }

    /// The member of its object that has this name.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.json.as_ref()?.text(name)
    }

    /// Whether its object has such a member.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.json
            .as_ref()
            .is_some_and(|json| json.get(name).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_read_as_far_as_it_goes() {
        let whole = Part::decode("eyJhIjoxfQ");
        assert!(whole.json.is_some() && whole.problem.is_none());
        let padded = Part::decode("eyJhIjoxfQ==");
        assert!(padded.json.is_some() && padded.is_padded);
        let cut = Part::decode("eyJhIjox");
        assert_eq!(cut.bytes, br#"{"a":1"#);
        assert!(cut.is_object() && cut.json.is_none() && cut.problem.is_some());
        let spoiled = Part::decode("eyJh!joxfQ");
        assert_eq!(
            spoiled.problem.as_deref(),
            Some("letter 5 of it is none of base64url")
        );
        assert_eq!(spoiled.bytes, br#"{"a"#);
    }

    #[test]
    fn the_other_alphabet_is_read_too() {
        let part = Part::decode("eyJhIjoi/+/+fn5+In0=");
        assert!(part.has_other_alphabet && part.is_padded);
        assert!(!Part::decode("eyJhIjoxfQ").has_other_alphabet);
    }
}
