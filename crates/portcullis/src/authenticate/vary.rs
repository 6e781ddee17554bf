use http::{HeaderMap, HeaderValue, header};

/// Adds `Authorization` to what the response varies by (RFC 9110 §12.5.5), unless it is there
/// already or everything is.
pub(super) fn vary(headers: &mut HeaderMap) {
    let names_it = headers
        .get_all(header::VARY)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .any(|name| name == b"*" || name.eq_ignore_ascii_case(b"authorization"));
    if !names_it {
        let name = HeaderValue::from_static("authorization");
        headers.append(header::VARY, name);
    }
}
