/// Adds text in visible ASCII: everything else, `%` and `,` are percent-encoded (RFC 3986 §2.1), so
/// that no claim ends a header, begins another one or looks like a list.
pub(super) fn push_encoded(text: &str, value: &mut String) {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
    ];
    let digit = |half: u8| DIGITS.get(usize::from(half)).copied().unwrap_or_default();
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && !matches!(byte, b'%' | b',') {
            value.push(char::from(byte));
        } else {
            value.extend(['%', digit(byte >> 4), digit(byte & 0xf)]);
        }
    }
}
