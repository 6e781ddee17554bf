//! What an answer says of its own age and life (RFC 9111).

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};

/// For how long the issuer lets an answer be used, by its `Cache-Control` (§5.2.2); `None` when
/// it says nothing of that.
///
/// `no-store` and `no-cache` are no time at all, and so is a `max-age` that is no number (§4.2.1).
/// Of several the shortest counts. `s-maxage` is for caches that many share, and `Expires` for
/// those who know no `Cache-Control`.
pub(super) fn granted_life(headers: &HeaderMap) -> Option<Duration> {
    let values = headers.get_all(header::CACHE_CONTROL).iter();
    let directives = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    directives.filter_map(life_by_directive).min()
}

fn life_by_directive(directive: &str) -> Option<Duration> {
    let (name, argument) = directive.split_once('=').unwrap_or((directive, ""));
    let name = name.trim();
    if name.eq_ignore_ascii_case("max-age") {
        let argument = argument.trim().trim_matches('"');
        return Some(delta_seconds(argument).unwrap_or_default());
    }
    let forbids = name.eq_ignore_ascii_case("no-store") || name.eq_ignore_ascii_case("no-cache");
    forbids.then_some(Duration::ZERO)
}

/// How long an answer lay in caches on its way (`Age`, §5.1); zero when it came from the issuer
/// itself. What cannot be read is ignored, as §5.1 says; of several the longest counts.
pub(super) fn age(headers: &HeaderMap) -> Duration {
    let values = headers.get_all(header::AGE).iter();
    let ages = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|age| delta_seconds(age.trim()));
    ages.max().unwrap_or_default()
}

/// The entity tag of an answer (RFC 9110 §8.8.3), if it has one that can be sent back.
pub(super) fn entity_tag(headers: &HeaderMap) -> Option<HeaderValue> {
    /// Some servers refuse requests with longer headers, and the tag comes back in one.
    const LONGEST: usize = 1024;

    let mut tags = headers.get_all(header::ETAG).iter();
    let (Some(tag), None) = (tags.next(), tags.next()) else {
        return None;
    };
    let bytes = tag.as_bytes();
    let opaque = bytes.strip_prefix(b"W/").unwrap_or(bytes);
    let is_quoted = matches!(opaque, [b'"', inside @ .., b'"'] if !inside.contains(&b'"'));
    (is_quoted && bytes.len() <= LONGEST).then(|| tag.clone())
}

/// A number of seconds (§1.2.2); one that is too large stands for very long.
fn delta_seconds(text: &str) -> Option<Duration> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Duration::from_secs(text.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &header::HeaderName, values: &[&'static str]) -> HeaderMap {
        let values = values.iter().copied().map(HeaderValue::from_static);
        values.map(|value| (name.clone(), value)).collect()
    }

    #[test]
    fn a_life_is_read_from_cache_control() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        for (values, life) in [
            (&[][..], None),
            (&["public"], None),
            (&["s-maxage=5, must-revalidate"], None),
            (&["max-age=600"], seconds(600)),
            (&["Public, MAX-AGE = 600 , no-transform"], seconds(600)),
            (&["max-age=\"60\""], seconds(60)),
            (&["max-age=600", "max-age=60"], seconds(60)),
            (&["max-age=99999999999999999999"], seconds(u64::MAX)),
            (&["max-age"], seconds(0)),
            (&["max-age=-1"], seconds(0)),
            (&["max-age=soon"], seconds(0)),
            (&["max-age=600, no-cache"], seconds(0)),
            (&["no-cache=\"set-cookie\""], seconds(0)),
            (&["no-store"], seconds(0)),
        ] {
            let headers = headers(&header::CACHE_CONTROL, values);
            assert_eq!(granted_life(&headers), life, "{values:?}");
        }
    }

    #[test]
    fn an_age_is_read_where_it_can_be() {
        for (values, seconds) in [
            (&[][..], 0),
            (&["0"], 0),
            (&["30"], 30),
            (&["30, 40", "5"], 40),
            (&["old"], 0),
            (&["-3"], 0),
            (&["99999999999999999999"], u64::MAX),
        ] {
            let headers = headers(&header::AGE, values);
            assert_eq!(age(&headers), Duration::from_secs(seconds), "{values:?}");
        }
    }

    #[test]
    fn only_an_entity_tag_is_sent_back() {
        for (values, is_kept) in [
            (&[][..], false),
            (&["\"one\""], true),
            (&["W/\"one\""], true),
            (&["\"\""], true),
            (&["one"], false),
            (&["\""], false),
            (&["\"one\", \"two\""], false),
            (&["\"one\"", "\"two\""], false),
        ] {
            let tag = entity_tag(&headers(&header::ETAG, values));
            assert_eq!(tag.is_some(), is_kept, "{values:?}");
        }
        let long = format!("\"{}\"", "x".repeat(1023));
        let mut headers = HeaderMap::new();
        headers.insert(header::ETAG, long.parse().unwrap());
        assert_eq!(entity_tag(&headers), None);
    }
}
