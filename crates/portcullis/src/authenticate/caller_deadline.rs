//! How long the caller of a gRPC method waits at the most.

use std::time::Duration;

use http::{HeaderMap, Method, header};
use tokio::time::Instant;

use crate::rejection::GrpcFlavor;

/// When the caller gives up: `grpc-timeout` of gRPC, counted from its arrival here.
/// `None` where the request is no gRPC, which is always `POST`, or does not say.
pub(crate) fn caller_deadline(method: &Method, headers: &HeaderMap) -> Option<Instant> {
    if method != Method::POST {
        return None;
    }
    GrpcFlavor::named(headers.get(header::CONTENT_TYPE)?)?;
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
    use http::HeaderValue;

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

    #[test]
    fn whoever_speaks_grpc_may_say_how_long_he_waits() {
        let deadline = |content_type: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
            headers.insert("grpc-timeout", HeaderValue::from_static("2S"));
            caller_deadline(&Method::POST, &headers)
        };
        for grpc in [
            "application/grpc",
            "Application/GRPC+proto",
            "application/grpc-web",
        ] {
            assert!(deadline(grpc).is_some(), "{grpc}");
        }
        for other in ["application/grpcish", "application/json"] {
            assert!(deadline(other).is_none(), "{other}");
        }
    }
}
