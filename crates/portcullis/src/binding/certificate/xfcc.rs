//! `X-Forwarded-Client-Cert` of Envoy: elements of `key=value` pairs, of which `Hash` is the SHA-256
//! of the certificate in hexadecimal digits.

use crate::Thumbprint;

pub(super) fn thumbprint(value: &[u8]) -> Option<Thumbprint> {
    let text = std::str::from_utf8(value).ok()?;
    let mut hashes = Vec::new();
    for pair in pairs(text)? {
        let (key, value) = pair.split_once('=')?;
        if key.trim().eq_ignore_ascii_case("hash") {
            hashes.push(value.trim().trim_matches('"'));
        }
    }
    let [hash] = hashes.as_slice() else {
        return None;
    };
    Thumbprint::from_hex(hash)
}

/// The pairs of the one element; `None` when there are several elements, or a quote is not closed.
fn pairs(text: &str) -> Option<Vec<&str>> {
    let (mut pairs, mut start) = (Vec::new(), 0);
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => return None,
            ';' if !is_quoted => {
                pairs.push(text.get(start..at)?);
                start = at + 1;
            }
            _ => {}
        }
    }
    pairs.push(text.get(start..)?);
    (!is_quoted).then_some(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    #[test]
    fn the_hash_of_the_one_element_counts() {
        let expected = Some(Thumbprint::of(b"hello"));
        for good in [
            format!("Hash={HASH}"),
            format!("By=spiffe://a;hash={HASH};Subject=\"CN=a;Hash=00,O=b\";URI="),
            format!("Hash=\"{HASH}\""),
        ] {
            assert_eq!(thumbprint(good.as_bytes()), expected, "{good}");
        }
        for bad in [
            String::new(),
            "By=spiffe://a".to_owned(),
            format!("Hash={HASH},Hash={HASH}"),
            format!("Hash={HASH};Hash={HASH}"),
            format!("Hash={HASH};Subject=\"CN=a"),
            format!("Subject=\"Hash={HASH}\""),
            format!("Hash={}", HASH.trim_end_matches('4')),
            format!("Hash={}", HASH.replace('2', "g")),
        ] {
            assert_eq!(thumbprint(bad.as_bytes()), None, "{bad}");
        }
    }
}
