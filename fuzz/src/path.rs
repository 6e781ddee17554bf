//! Paths of requests that a gateway asks about, and the rules that they fall under.

use std::sync::OnceLock;

use http::{Method, Uri};
use portcullis_gateway::{
    CanonicalPath, Config,
    rules::{Access, Rules},
};
use url::Url;

use crate::Outcome;

/// Everybody may see everything but two places.
const FILE: &str = r#"
[forward_auth]
gateway = "nginx"
listen = "127.0.0.1:9180"

[issuer]
url = "https://id.example"
audience = ["orders-api"]

[[rules]]
path = "/**"
public = true

[[rules]]
path = "/admin/**"

[[rules]]
path = "/internal"
"#;

/// Takes a path, or not, and finds its rule.
pub fn run(data: &[u8]) -> Outcome {
    let Ok(canonical) = CanonicalPath::of_target(data) else {
        return Outcome::Refused;
    };
    let target = std::str::from_utf8(data).unwrap();
    let path = canonical.as_str();
    let query = target.strip_prefix(path).unwrap();
    assert!(query.is_empty() || query.starts_with('?'), "{target}");
    assert!(is_read_alike(target, path), "{target}");
    let again = CanonicalPath::of_target(path.as_bytes()).unwrap();
    assert_eq!(again, canonical);
    let rule = rules().find(&Method::GET, &canonical);
    let is_public = rule.is_ok_and(|rule| matches!(rule.access, Access::Public));
    assert!(!is_public || !is_closed(path), "{path}");
    Outcome::Accepted
}

/// Whether whoever reads the target, however he normalises it, finds this path.
fn is_read_alike(target: &str, path: &str) -> bool {
    let by_browser = Url::parse(&format!("http://api.example{target}"));
    let by_server = path.parse::<Uri>();
    by_browser.is_ok_and(|url| url.path() == path)
        && by_server.is_ok_and(|uri| uri.path() == path)
        && resolved(path) == path
}

/// The path as the most obliging of servers reads it: decoded until nothing is left to decode, without
/// parameters, with either slash, with dots resolved.
fn resolved(path: &str) -> String {
    let mut decoded = path.as_bytes().to_vec();
    while let Some(at) = decoded.iter().position(|byte| *byte == b'%') {
        let digits = decoded.get(at + 1..at + 3);
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.splice(at..decoded.len().min(at + 3), byte);
    }
    let decoded = String::from_utf8_lossy(&decoded).replace('\\', "/");
    let mut segments: Vec<&str> = Vec::new();
    for segment in decoded.split('/') {
        let segment = segment.split(';').next().unwrap_or_default();
        match segment.trim_end_matches(['.', ' ']) {
            "" if segment == ".." => drop(segments.pop()),
            "" => {}
            plain => segments.push(plain),
        }
    }
    let end = if decoded.ends_with('/') && !segments.is_empty() {
        "/"
    } else {
        ""
    };
    format!("/{}{end}", segments.join("/"))
}

/// Whether it leads where not everybody may go, in whatever case.
fn is_closed(path: &str) -> bool {
    let resolved = resolved(path).to_ascii_lowercase();
    let mut segments = resolved.split('/').filter(|segment| !segment.is_empty());
    match segments.next() {
        Some("admin") => true,
        Some("internal") => segments.next().is_none(),
        _ => false,
    }
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Config::parse(FILE).unwrap().policy.rules)
}
