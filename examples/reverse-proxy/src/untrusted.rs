//! What clients may not say to the services behind, in whatever spelling.

use axum::http::{HeaderMap, HeaderName};

/// What headers of the gateway begin with, and others that servers believe: whatever a client sends
/// under such a name is a lie.
const PREFIXES: [&str; 14] = [
    "x-auth-",
    "x-forwarded-",
    "x-remote-",
    "x-user-",
    // By these frameworks take another path or another method than those that were judged.
    "x-original-",
    "x-rewrite-",
    // In these, proxies that end TLS tell of the client's certificate (RFC 9440 and before it).
    "client-cert",
    "x-client-cert",
    "x-ssl-",
    "ssl-client-",
    "x-amzn-mtls-clientcert",
    // In these, what stands in front at Azure, Google Cloud and Envoy tells of the caller.
    "x-ms-client-principal",
    "x-goog-authenticated-user-",
    "x-envoy-",
];

/// Whole names of those kinds.
const NAMES: [&str; 16] = [
    // A CGI knows it as `HTTP_PROXY`, through which it would then send its own requests.
    "proxy",
    "forwarded",
    "cf-connecting-ip",
    "fastly-client-ip",
    "true-client-ip",
    "x-arr-clientcert",
    "x-client-dn",
    "x-client-ip",
    "x-client-verify",
    "x-cluster-client-ip",
    "remote-user",
    "x-real-ip",
    "x-user",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
];

/// Takes all of them off, however often each is there and however it is spelled. Servers that know
/// headers as variables (CGI, WSGI, PHP) read `X_Auth_Subject` and `X-Auth-Subject` as one, and some of
/// them `X.Auth+Subject` as well: whatever is no letter and no digit is `_` to them.
pub(crate) fn strip(headers: &mut HeaderMap) {
    let lies: Vec<HeaderName> = headers
        .keys()
        .filter(|name| is_lie(name))
        .cloned()
        .collect();
    for name in lies {
        headers.remove(name);
    }
}

fn is_lie(name: &HeaderName) -> bool {
    // In small letters, as all names of a `HeaderMap` are.
    let name = name
        .as_str()
        .replace(|sign: char| !sign.is_ascii_alphanumeric(), "-");
    NAMES.contains(&name.as_str()) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    /// Everything that may stand in a name and is neither a letter nor a digit (RFC 9110 §5.6.2).
    const SIGNS: &str = "!#$%&'*+-.^_`|~";

    fn is_left(name: &str) -> bool {
        let mut headers = HeaderMap::new();
        let name: HeaderName = name.parse().unwrap();
        for value in ["one", "two"] {
            headers.append(&name, HeaderValue::from_static(value));
        }
        strip(&mut headers);
        !headers.is_empty()
    }

    #[test]
    fn nothing_that_services_believe_is_left_in_any_spelling() {
        for name in [
            "X-Auth-Subject",
            "X-Auth-Anything",
            "X-Forwarded-For",
            "X-Forwarded-User",
            "Forwarded",
            "Remote-User",
            "X-User",
            "X-User-Id",
            "X-Real-IP",
            "X-HTTP-Method-Override",
            "X-HTTP-Method",
            "X-Method-Override",
            "X-Original-URL",
            "X-Original-Method",
            "X-Rewrite-URL",
            "Client-Cert",
            "Client-Cert-Chain",
            "X-Client-Cert",
            "X-Client-Certificate",
            "X-Client-DN",
            "X-Client-Verify",
            "X-SSL-Client-Cert",
            "SSL-Client-Verify",
            "X-Client-IP",
            "X-Cluster-Client-IP",
            "True-Client-IP",
            "CF-Connecting-IP",
            "Fastly-Client-IP",
            "X-ARR-ClientCert",
            "X-Amzn-Mtls-Clientcert",
            "X-Amzn-Mtls-Clientcert-Subject",
            "X-MS-Client-Principal",
            "X-MS-Client-Principal-Name",
            "X-Goog-Authenticated-User-Email",
            "X-Envoy-External-Address",
            "X-Envoy-Original-Path",
            "Proxy",
        ] {
            assert!(!is_left(name), "{name}");
            for sign in SIGNS.chars() {
                let all = name.replace('-', &sign.to_string());
                let first = name.replacen('-', &sign.to_string(), 1);
                assert!(!is_left(&all) && !is_left(&first), "{all} {first}");
            }
        }
    }

    #[test]
    fn all_else_is_left() {
        for name in [
            "Accept",
            "X-Author",
            "X-Users",
            "X-Http",
            "X-Request-Id",
            "X-Amzn-Trace-Id",
            "X-Client-Version",
            "Client",
        ] {
            assert!(is_left(name), "{name}");
        }
    }
}
