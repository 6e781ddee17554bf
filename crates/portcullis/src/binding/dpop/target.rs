use std::fmt;

use url::Url;

use super::proof::invalid;
use crate::{
    ConfigError, Rejection,
    http_client::{ServerUrl, without_user},
};

/// The addresses that clients know the service under, as beginnings of the address of a request.
#[derive(Clone)]
pub(super) struct Target {
    beginnings: Vec<String>,
}

impl Target {
    pub(super) fn at(external_url: &str) -> Result<Self, ConfigError> {
        Ok(Self {
            beginnings: vec![beginning(external_url)?],
        })
    }

    pub(super) fn or_at(mut self, external_url: &str) -> Result<Self, ConfigError> {
        self.beginnings.push(beginning(external_url)?);
        Ok(self)
    }

    /// The address of a request for this path, if it is what `htu` means: without query and
    /// fragment of both (RFC 9449 §4.3), normalized (RFC 3986 §6.2.2 and §6.2.3).
    pub(super) fn meant_by(&self, htu: &str, path: &str) -> Result<String, Rejection> {
        let meant = normalized(htu).ok_or_else(|| invalid("its `htu` is no http address"))?;
        // Routers do not resolve them: to them this is another address than the one that is meant.
        if path.split('/').any(is_dot_segment) {
            return Err(invalid("the path of the request has dot segments"));
        }
        // `OPTIONS *` is about the service as a whole (RFC 9110 §7.1).
        let path = if path == "*" { "" } else { path };
        let is_meant = self
            .beginnings
            .iter()
            .filter_map(|beginning| normalized(&format!("{beginning}{path}")))
            .any(|own| own == meant);
        if is_meant {
            return Ok(meant);
        }
        Err(invalid(
            "its `htu` is not the address of the request; compare `Dpop::at` with the address that clients use, and see `Dpop::request_uri` where a router shortens paths",
        ))
    }
}

/// `.` or `..` in any spelling (RFC 3986 §3.3).
fn is_dot_segment(segment: &str) -> bool {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    matches!(&*plain, "." | "..")
}

/// An address without the slash at its end: the path of a request brings its own.
fn beginning(external_url: &str) -> Result<String, ConfigError> {
    let refused = |problem: &str| {
        let problem = format!("{:?} cannot be used: {problem}", without_user(external_url));
        let cure = "give the https address that clients know the service under, such as https://api.example.com; plain http only works for 127.0.0.1 and [::1]";
        ConfigError::new("dpop", problem, cure)
    };
    let server =
        ServerUrl::parse(external_url, false).map_err(|problem| refused(&problem.to_string()))?;
    if server.url().query().is_some() {
        return Err(refused("it has a query"));
    }
    Ok(server.as_str().trim_end_matches('/').to_owned())
}

/// An absolute http address in its one spelling, without query and fragment.
fn normalized(address: &str) -> Option<String> {
    // The parser takes these for something else, or leaves them out.
    if !address.bytes().all(|byte| byte.is_ascii_graphic()) || address.contains('\\') {
        return None;
    }
    let mut url = Url::parse(address).ok()?;
    if !matches!(url.scheme(), "http" | "https")
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return None;
    }
    url.set_query(None);
    url.set_fragment(None);
    Some(with_plain_escapes(url.as_str()))
}

/// Escapes of what needs none are undone, the others get upper case digits (RFC 3986 §6.2.2).
fn with_plain_escapes(address: &str) -> String {
    let mut parts = address.split('%');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let escaped = part.get(..2).zip(part.get(2..));
        let byte = escaped
            .filter(|(digits, _)| !digits.starts_with('+'))
            .and_then(|(digits, _)| u8::from_str_radix(digits, 16).ok());
        match (byte.map(char::from), escaped) {
            (Some(byte), Some((_, rest)))
                if byte.is_ascii_alphanumeric() || matches!(byte, '-' | '.' | '_' | '~') =>
            {
                plain.push(byte);
                plain.push_str(rest);
            }
            (Some(_), Some((digits, rest))) => {
                plain.push('%');
                plain.push_str(&digits.to_ascii_uppercase());
                plain.push_str(rest);
            }
            _ => {
                plain.push('%');
                plain.push_str(part);
            }
        }
    }
    plain
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.beginnings).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_many_spellings() {
        let target = Target::at("https://api.example").unwrap();
        for (htu, path) in [
            ("https://api.example/r", "/r"),
            ("HTTPS://API.example:443/a/../r%7e", "/r~"),
            ("https://api.example/r?y=2#f", "/r"),
            ("https://api.example", "/"),
            ("https://api.example", "*"),
            ("https://api.example/%c3%a9", "/%C3%A9"),
        ] {
            assert!(target.meant_by(htu, path).is_ok(), "{htu}");
        }
        for (htu, path) in [
            ("https://api.example/R", "/r"),
            ("https://api.example/a%2Fb", "/a/b"),
            ("https://api.example/%+a", "/%+A"),
            ("https://api.example*", "*"),
            ("https://api.example/r", "/a/../r"),
            ("https://api.example/r", "/a/%2E./r"),
            ("https://api.example/r", "/./r"),
            ("http://api.example/r", "/r"),
            ("https://api.example:444/r", "/r"),
            ("https://api.example.evil/r", "/r"),
            ("https://evil@api.example/r", "/r"),
            ("https://api.example\\r", "/r"),
            ("https://api.exa\tmple/r", "/r"),
            ("/r", "/r"),
            ("", "/r"),
            ("https://api.example/r/", "/r"),
        ] {
            assert!(target.meant_by(htu, path).is_err(), "{htu}");
        }
    }

    #[test]
    fn a_proxy_may_have_taken_a_path_away() {
        let target = Target::at("https://example.com/api/").unwrap();
        let target = target.or_at("https://api.example.com").unwrap();
        assert!(target.meant_by("https://example.com/api/r", "/r").is_ok());
        assert!(target.meant_by("https://api.example.com/r", "/r").is_ok());
        assert!(target.meant_by("https://example.com/r", "/r").is_err());
        // What is beside that path is another service.
        let beside = target.meant_by("https://example.com/r", "/../r");
        assert!(beside.is_err());
    }

    #[test]
    fn an_address_that_is_none_is_refused_when_it_is_configured() {
        for bad in [
            "",
            "api.example",
            "http://api.example",
            "https://a/?q",
            "https://a/#f",
        ] {
            assert!(Target::at(bad).is_err(), "{bad}");
        }
        assert!(Target::at("http://127.0.0.1:3000").is_ok());
    }
}
