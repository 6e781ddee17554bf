//! How long the caller of a gRPC method waits at the most.

use std::time::Duration;

use http::{HeaderMap, Method, header};
use tokio::time::Instant;

/// When the caller gives up: `grpc-timeout` of gRPC over HTTP/2, counted from its arrival here.
/// `None` where the request is no gRPC, which is always `POST`, or does not say.
pub(crate) fn caller_deadline(method: &Method, headers: &HeaderMap) -> Option<Instant> {
    if method != Method::POST {
        return None;
    }
    let content_type = headers.get(header::CONTENT_TYPE)?.as_bytes();
    if !content_type.starts_with(b"application/grpc") {
        return None;
    }
    let timeout = headers.get("grpc-timeout")?.to_str().ok()?;
    Instant::now().checked_add(parse(timeout)?)
}

/// At most eight digits and a unit: `H`, `M`, `S`, `m`, `u` or `n`.
fn parse(timeout: &str) -> Option<Duration> {
    const MOST_DIGITS: usize = 8;
    let unit = timeout.chars().next_back()?;
    let digits = timeout.strip_suffix(unit)?;
    let is_number = (1..=MOST_DIGITS).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    let value: u64 = is_number.then(|| digits.parse().ok()).flatten()?;
    Some(match unit {
        'H' => Duration::from_secs(value * 3600),
        'M' => Duration::from_secs(value * 60),
        'S' => Duration::from_secs(value),
        'm' => Duration::from_millis(value),
        'u' => Duration::from_micros(value),
        'n' => Duration::from_nanos(value),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_a_number_and_a_unit() {
        assert_eq!(parse("2S"), Some(Duration::from_secs(2)));
        assert_eq!(
            parse("99999999H"),
            Some(Duration::from_secs(99_999_999 * 3600))
        );
        assert_eq!(parse("250m"), Some(Duration::from_millis(250)));
        for odd in [
            "",
            "S",
            "5",
            "5s",
            "-5S",
            "+5S",
            "123456789S",
            "5 S",
            "5é",
            "٣S",
        ] {
            assert_eq!(parse(odd), None, "{odd}");
        }
    }
}
