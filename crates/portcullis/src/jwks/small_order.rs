/// The y-coordinates of the four Ed25519 points of order 8, encoded as in RFC 8032 §5.1.2.
const OF_ORDER_8: [[u8; 32]; 2] = [
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
];

/// Whether an encoded Ed25519 point is of small order: under such a key everybody can sign.
/// What is no point at all is not told apart here.
pub(super) fn is_of_small_order(point: &[u8]) -> bool {
    let [first, middle @ .., last] = point else {
        return false;
    };
    // The highest bit is the sign of x.
    let last = last & 0x7f;
    let is_between = |byte: u8, end: u8| last == end && middle.iter().all(|own| *own == byte);
    // y is 0 or 1; or p - 1, p or p + 1, of which the latter are 0 and 1 spelled otherwise.
    if is_between(0x00, 0x00) && *first <= 0x01 {
        return true;
    }
    if is_between(0xff, 0x7f) && matches!(first, 0xec..=0xee) {
        return true;
    }
    OF_ORDER_8
        .iter()
        .any(|[own_first, own_middle @ .., own_last]| {
            own_first == first && own_middle.as_slice() == middle && *own_last == last
        })
}
