use portcullis::AccessToken;
use serde::Deserialize;

use super::Remark;

/// A text as somebody has pasted it, made a token of.
#[derive(Debug)]
pub(crate) struct Pasted {
    pub(crate) token: String,
    /// What had to be taken off.
    pub(crate) remarks: Vec<Remark>,
    /// Whether a service would refuse the text as it was pasted.
    pub(crate) is_refused_as_pasted: bool,
}

/// What a token endpoint answers with (RFC 6749 §5.1), as far as it matters.
#[derive(Deserialize)]
struct TokenResponse {
    access_token: String,
}

impl Pasted {
    /// Takes off what is pasted along with tokens. A service does not: what is said of it here is why
    /// it refuses such a text.
    pub(crate) fn clean(text: &str) -> Self {
        let mut remarks = Vec::new();
        // The newline of whatever printed the token is no mistake.
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        if let Ok(response) = serde_json::from_str::<TokenResponse>(text) {
            let what =
                "this is the whole answer of a token endpoint; its `access_token` is looked at";
            remarks.push(Remark::new("token_response", what));
            return Self {
                token: response.access_token,
                remarks,
                is_refused_as_pasted: false,
            };
        }
        let mut token = text.trim();
        if token.len() < text.len() {
            let what = "there is white space around it, which belongs to no token";
            remarks.push(Remark::new("white_space", what));
        }
        token = without_quotes(token, &mut remarks);
        token = without_prefix(token, &mut remarks);
        token = without_quotes(token, &mut remarks);
        let joined: String = token.split_whitespace().collect();
        if joined.len() < token.len() {
            let what = "there is white space or a line break within it; a service would refuse it";
            remarks.push(Remark::new("white_space_within", what));
        }
        Self {
            // White space around credentials is none of theirs (RFC 9110 §5.5).
            is_refused_as_pasted: AccessToken::new(text.trim()).is_err(),
            token: joined,
            remarks,
        }
    }
}

fn without_quotes<'a>(token: &'a str, remarks: &mut Vec<Remark>) -> &'a str {
    let bare = token.trim_matches(['"', '\'', '`']).trim();
    if bare.len() < token.len() {
        let what = "it is in quotation marks, which belong to no token";
        remarks.push(Remark::new("quoted", what));
    }
    bare
}

fn without_prefix<'a>(token: &'a str, remarks: &mut Vec<Remark>) -> &'a str {
    let mut bare = token;
    for prefix in ["Authorization:", "Bearer", "DPoP"] {
        let Some((front, rest)) = bare.split_at_checked(prefix.len()) else {
            continue;
        };
        let is_apart = prefix.ends_with(':') || rest.starts_with(char::is_whitespace);
        if front.eq_ignore_ascii_case(prefix) && is_apart {
            bare = rest.trim_start();
        }
    }
    if bare.len() < token.len() {
        let what =
            "`Bearer` or the like stands before it: that belongs to the header, not to the token";
        remarks.push(Remark::new("scheme_before_it", what));
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(text: &str) -> (String, Vec<&'static str>) {
        let Pasted { token, remarks, .. } = Pasted::clean(text);
        (token, remarks.iter().map(|remark| remark.code).collect())
    }

    #[test]
    fn what_is_pasted_along_is_taken_off_and_told() {
        for (text, codes) in [
            ("a.b.c", &[] as &[_]),
            ("a.b.c\n", &[]),
            ("a.b.c\r\n", &[]),
            (" a.b.c", &["white_space"]),
            ("a.b.c\n\n", &["white_space"]),
            ("\"a.b.c\"", &["quoted"]),
            ("Bearer a.b.c", &["scheme_before_it"]),
            ("Authorization: bearer  a.b.c\n", &["scheme_before_it"]),
            (
                "'Authorization: Bearer a.b.c'",
                &["quoted", "scheme_before_it"],
            ),
            ("dpop a.b.c", &["scheme_before_it"]),
            ("a.\nb.c", &["white_space_within"]),
            (
                "{\"access_token\": \"a.b.c\", \"expires_in\": 300}\n",
                &["token_response"],
            ),
        ] {
            assert_eq!(
                clean(text),
                ("a.b.c".to_owned(), codes.to_vec()),
                "{text:?}"
            );
        }
        assert_eq!(clean("Bearertoken").0, "Bearertoken");
        assert_eq!(clean("").0, "");
    }

    #[test]
    fn what_a_service_refuses_is_known() {
        for (text, is_refused) in [
            ("a.b.c\n", false),
            (" a.b.c ", false),
            ("{\"access_token\": \"a.b.c\"}", false),
            ("\"a.b.c\"", true),
            ("Bearer a.b.c", true),
            ("a.\nb.c", true),
        ] {
            assert_eq!(Pasted::clean(text).is_refused_as_pasted, is_refused);
        }
    }
}
