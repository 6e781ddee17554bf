//! The file of a forward-auth server: the input is what stands in it behind gateway and issuer.

use http::Method;
use portcullis_gateway::{
    CanonicalPath, Config,
    rules::{Access, Rule},
};
use toml::{Table, Value};

use crate::Outcome;

const HEAD: &str = r#"[forward_auth]
gateway = "nginx"
listen = "127.0.0.1:9180"
[issuer]
url = "https://id.example"
audience = ["orders-api"]
client_id = "gateway"
client_secret_env = "GATEWAY_SECRET"
"#;

/// What requests are asked about, beside those that the patterns of the file are made for.
const PATHS: [&str; 6] = ["/", "/a", "/A", "/a/b", "/admin", "/admin/users/1"];
const METHODS: [Method; 3] = [Method::GET, Method::HEAD, Method::POST];

/// Takes a file, or not, and asks its rules about requests.
pub fn run(data: &[u8]) -> Outcome {
    let Ok(rest) = std::str::from_utf8(data) else {
        return Outcome::Refused;
    };
    let text = format!("{HEAD}{rest}");
    let Ok(config) = Config::parse(&text) else {
        return Outcome::Refused;
    };
    let table: Table = text.parse().unwrap();
    let written = match table.get("rules") {
        None => &[],
        Some(rules) => rules.as_array().unwrap().as_slice(),
    };
    let rules = &config.policy.rules;
    assert_eq!(rules.len(), written.len());
    for (rule, written) in rules.iter().zip(written) {
        let is_public = written.get("public") == Some(&Value::Boolean(true));
        assert_eq!(
            matches!(rule.access, Access::Public),
            is_public,
            "{written:?}"
        );
        assert_eq!(
            Some(rule.path.as_str()),
            written.get("path").and_then(Value::as_str)
        );
    }
    let made = written.iter().take(8).filter_map(|written| {
        let path = written.get("path")?.as_str()?;
        Some(path.replace("**", "x/y").replace('*', "z"))
    });
    for path in PATHS.into_iter().map(str::to_owned).chain(made) {
        let Ok(canonical) = CanonicalPath::of_target(path.as_bytes()) else {
            continue;
        };
        for method in METHODS {
            if let Ok(found) = rules.find(&method, &canonical) {
                is_narrowest(found, rules.iter().zip(written), &method, &path);
            }
        }
    }
    Outcome::accepted_if(!written.is_empty())
}

/// The rule that was found is about the request, and every other that may be is wider.
fn is_narrowest<'a>(
    found: &Rule,
    rules: impl Iterator<Item = (&'a Rule, &'a Value)>,
    method: &Method,
    path: &str,
) {
    let pattern = found.path.as_str();
    assert!(matches(pattern, path), "{pattern} {path}");
    for (other, written) in rules {
        let others = other.path.as_str();
        let is_about = matches(&others.to_ascii_lowercase(), &path.to_ascii_lowercase())
            && names(written, method);
        if is_about && others != pattern {
            assert!(covers(others, pattern), "{pattern} {others} {path}");
        }
    }
}

/// Whether a rule is about a method: by name, as all of them, or as `HEAD` by `GET`.
fn names(rule: &Value, method: &Method) -> bool {
    let Some(methods) = rule.get("methods") else {
        return true;
    };
    let has = |name: &str| {
        let mut names = methods.as_array().unwrap().iter();
        names.any(|own| own.as_str() == Some(name))
    };
    has(method.as_str()) || (method == Method::HEAD && has("GET"))
}

/// Whether a pattern is about a path, segment by segment, by its words alone.
fn matches(pattern: &str, path: &str) -> bool {
    let segments = |text: &'_ str| -> Vec<String> {
        let segments = text.split('/').filter(|segment| !segment.is_empty());
        segments.map(str::to_owned).collect()
    };
    let (pattern, path) = (segments(pattern), segments(path));
    let rest = pattern.iter().position(|segment| segment == "**");
    let fixed = rest.unwrap_or(pattern.len());
    let is_long_enough = match rest {
        Some(fixed) => path.len() >= fixed,
        None => path.len() == fixed,
    };
    is_long_enough
        && pattern
            .iter()
            .take(fixed)
            .zip(&path)
            .all(|(own, other)| own == "*" || own == other)
}

/// Whether all paths of the narrow pattern are paths of the wide one: if one with names that nobody has
/// thought of is, all of them are.
fn covers(wide: &str, narrow: &str) -> bool {
    let example = |rest: &str| narrow.replace("**", rest).replace('*', "\u{1}");
    [
        "",
        "\u{1}",
        "\u{1}/\u{1}/\u{1}/\u{1}/\u{1}/\u{1}/\u{1}/\u{1}",
    ]
    .into_iter()
    .all(|rest| matches(wide, &example(rest)))
}
