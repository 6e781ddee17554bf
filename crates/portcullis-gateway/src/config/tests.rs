use http::Method;

use super::*;
use crate::{CanonicalPath, forwarded::Peer};

const HEAD: &str = r#"
[forward_auth]
gateway = "nginx"
listen = "127.0.0.1:9180"

[issuer]
url = "https://id.example.com/realms/shop"
audience = ["orders-api"]
client_id = "gateway"
client_secret_env = "GATEWAY_SECRET"
"#;

fn parse(rest: &str) -> Result<Config, ConfigFileError> {
    Config::parse(&format!("{HEAD}{rest}"))
}

/// The line of the mistake, counted from the first after [`HEAD`], and what is said of it.
#[track_caller]
fn refused(rest: &str) -> (usize, String) {
    let error = parse(rest).unwrap_err();
    let line = error.line().unwrap();
    let before = HEAD.lines().count();
    (line.saturating_sub(before), error.to_string())
}

fn access(config: &Config, method: &Method, path: &str) -> Option<Access> {
    let path = CanonicalPath::of_target(path.as_bytes()).unwrap();
    let rule = config.policy.rules.find(method, &path).ok()?;
    Some(rule.access.clone())
}

#[test]
fn a_whole_file_is_read() {
    let config = parse(
        r#"phantom_token = true
[management]
listen = "127.0.0.1:9181"
[dpop]
external_urls = ["https://api.example.com"]
nonces = true
[identity]
X-User = "subject"
"X-Roles" = "/realm_access/roles"
[upstreams.orders]
authorization = "phantom"
hosts = ["api.example.com"]
[[rules]]
path = "/public/**"
public = true
[[rules]]
path = "/orders/**"
methods = ["GET"]
scopes = ["orders:read"]
upstream = "orders"
[[rules]]
path = "/admin"
live = true
roles = ["admin"]
client_roles = { orders-api = ["editor"] }
[[rules]]
path = "/reports"
live_within_seconds = 10
"#,
    )
    .unwrap();
    assert_eq!(config.policy.rules.len(), 4);
    let owned: Vec<_> = config.policy.owned_headers().collect();
    assert_eq!(owned, ["authorization", "x-roles", "x-user"]);
    assert!(
        config
            .policy
            .trusted_peers
            .trust(Peer::Address([127, 0, 0, 1].into()))
    );
    let public = access(&config, &Method::GET, "/public/x");
    assert!(matches!(public, Some(Access::Public)));
    for (path, freshness) in [
        ("/orders/1", portcullis::Freshness::AsConfigured),
        ("/admin", portcullis::Freshness::Live),
        (
            "/reports",
            portcullis::Freshness::Within(Duration::from_secs(10)),
        ),
    ] {
        let Some(Access::Token(demands)) = access(&config, &Method::GET, path) else {
            panic!("{path}")
        };
        assert_eq!(demands.freshness(), freshness);
    }
    assert!(access(&config, &Method::POST, "/orders/1").is_none());
    assert_eq!(config.settings.issuer.verification(), Verification::Hybrid);
}

#[test]
fn a_file_without_rules_lets_nobody_in() {
    let config = parse("").unwrap();
    assert!(config.policy.rules.is_empty());
    assert!(access(&config, &Method::GET, "/").is_none());
}

#[test]
fn what_is_mistyped_is_refused_at_its_line() {
    for (rest, line, said) in [
        (
            "[[rules]]\npath = \"/a\"\nscope = [\"x\"]\n",
            3,
            "unknown field `scope`",
        ),
        (
            "[[rules]]\npath = \"/a\"\npubilc = true\n",
            3,
            "unknown field `pubilc`",
        ),
        ("[[rule]]\npath = \"/a\"\n", 1, "unknown field `rule`"),
        (
            "[[rules]]\nmethods = [\"GET\"]\n",
            1,
            "missing field `path`",
        ),
        ("[[rules]]\npath = \"admin\"\n", 2, "begin it with `/`"),
        ("[[rules]]\npath = \"/a/\"\n", 2, "no slash at the end"),
        (
            "[[rules]]\npath = \"/a\"\nmethods = []\n",
            3,
            "leave `methods` out",
        ),
        (
            "[[rules]]\npath = \"/a\"\nmethods = [\"get\"]\n",
            3,
            "case-sensitive",
        ),
        (
            "[[rules]]\npath = \"/a\"\nlive = \"yes\"\n",
            3,
            "expected a boolean",
        ),
        (
            "[[rules]]\npath = \"/a\"\nlive_within_seconds = -1\n",
            3,
            "expected u64",
        ),
        ("[identity]\nX_User = \"subject\"\n", 2, "write `-` for `_`"),
        ("[identity]\nX-User = \"email\"\n", 2, "`/email`"),
        (
            "[identity]\nX-User = \"subject\"\nx-user = \"client\"\n",
            3,
            "stands twice",
        ),
        (
            "[upstreams.a]\nauthorization = \"all\"\n",
            2,
            "expected one of `remove`",
        ),
        (
            "[management]\nlisten = \"9181\"\n",
            2,
            "invalid socket address",
        ),
        ("[[rules]]\npath = /a\n", 2, ""),
    ] {
        let (at, error) = refused(rest);
        assert_eq!(at, line, "{rest}: {error}");
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn a_rule_that_contradicts_itself_is_refused_with_its_cure() {
    let rule = |rest: &str| format!("[[rules]]\npath = \"/a\"\n{rest}\n");
    for (rest, said) in [
        ("public = true\nlive = true", "leave `public` out"),
        ("public = true\nscopes = [\"a\"]", "leave `public` out"),
        ("public = true\nroles = [\"a\"]", "leave `public` out"),
        ("live = true\nlive_within_seconds = 5", "one of both"),
        ("live_within_seconds = 0", "`live = true`"),
        ("scopes = [\"a b\"]", ""),
        ("roles = [\"\"]", "no token has it"),
        ("upstream = \"orders\"", "`[upstreams.orders]`"),
    ] {
        let (line, error) = refused(&rule(rest));
        assert_eq!(line, 1, "{error}");
        assert!(
            error.contains("the rule for \"/a\"") && error.contains(said),
            "{error}"
        );
    }
    let kept = "[upstreams.o]\nauthorization = \"keep\"\nhosts = [\"api\"]\n[[rules]]\npath = \"/a\"\npublic = true\nupstream = \"o\"\n";
    assert!(refused(kept).1.contains("leave `upstream` out"));
    let phantom = "[upstreams.o]\nauthorization = \"phantom\"\nhosts = [\"api\"]\n";
    assert!(refused(phantom).1.contains("`phantom_token = true`"));
}

/// Which hosts the rules are for says nothing of which of them an upstream serves.
#[test]
fn an_upstream_that_gets_tokens_names_the_hosts_that_it_serves() {
    let all = HEAD.replace("listen =", "hosts = [\"api.example.com\"]\nlisten =");
    for head in [HEAD, &*all] {
        let before = head.lines().count() + 1;
        let parse = |upstream: &str| {
            let table = format!("phantom_token = true\n[upstreams.orders]\n{upstream}\n");
            Config::parse(&format!("{head}{table}"))
        };
        for token in ["keep", "phantom"] {
            let authorization = format!("authorization = \"{token}\"");
            let error = parse(&authorization).unwrap_err();
            assert_eq!(error.line(), Some(before + 1), "{error}");
            let said = error.to_string();
            for words in ["the upstream \"orders\"", "`hosts = [\"api.example.com\"]`"] {
                assert!(said.contains(words), "{said}");
            }
            for (hosts, said) in [
                ("[]", "the list is empty"),
                ("[\"*.example.com\"]", "is no host"),
                ("[\"https://api.example.com\"]", "is no host"),
            ] {
                let error = parse(&format!("{authorization}\nhosts = {hosts}")).unwrap_err();
                assert_eq!(error.line(), Some(before + 3), "{error}");
                assert!(error.to_string().contains(said), "{error}");
            }
            parse(&format!("{authorization}\nhosts = [\"api.example.com\"]")).unwrap();
        }
        parse("authorization = \"remove\"").unwrap();
        parse("authorization = \"remove\"\nhosts = [\"api.example.com\"]").unwrap();
    }
}

#[test]
fn a_list_of_nothing_asks_for_nothing_and_is_refused() {
    for rest in [
        "scopes = []",
        "roles = []",
        "client_roles = {}",
        "client_roles = { api = [] }",
        "client_roles = { api = [\"a\"], web = [] }",
        "public = true\nroles = []",
        "public = true\nscopes = []",
    ] {
        let (_, error) = refused(&format!("[[rules]]\npath = \"/a\"\n{rest}\n"));
        assert!(error.contains("the list is empty"), "{rest}: {error}");
    }
    for issuer in ["authorized_parties = []", "logout_audiences = []"] {
        let (line, error) = refused(&format!("{issuer}\n"));
        assert!(line == 1 && error.contains("the list is empty"), "{error}");
    }
    let hosts = HEAD.replace("listen =", "hosts = []\nlisten =");
    let error = Config::parse(&hosts).unwrap_err().to_string();
    assert!(error.contains("the list is empty"), "{error}");
    for open in [
        "client_roles = { api = [\"a\"] }",
        "live_within_seconds = 5",
    ] {
        let (_, error) = refused(&format!(
            "[[rules]]\npath = \"/a\"\npublic = true\n{open}\n"
        ));
        assert!(error.contains("leave `public` out"), "{error}");
    }
}

#[test]
fn an_issuer_that_cannot_be_asked_serves_no_live_rule() {
    let head = HEAD
        .replace("client_id", "#")
        .replace("client_secret_env", "#");
    let local = |rest: &str| Config::parse(&format!("{head}{rest}"));
    assert!(local("[[rules]]\npath = \"/a\"\n").is_ok());
    for rest in [
        "[[rules]]\npath = \"/a\"\nlive = true\n",
        "verify = \"hybrid\"\n",
        "phantom_token = true\n",
        "recheck_every_seconds = 10\n",
        "client_secret_env = \"X\"\n",
        "client_id = \"x\"\n",
    ] {
        assert!(local(rest).is_err(), "{rest}");
    }
    let live = "verify = \"local\"\n[[rules]]\npath = \"/a\"\nlive = true\n";
    assert!(parse(live).is_err());
}

#[test]
fn a_secret_that_stands_in_the_file_is_not_shown() {
    let error = parse("client_secret = \"hush-hush\"\n").unwrap_err();
    assert!(error.to_string().contains("client_secret"));
    assert!(!format!("{error} {error:?}").contains("hush"));
    for rest in [
        "verify = \"hush, expected much\"",
        "phantom_token = \"hush, expected much\"",
        "recheck_every_seconds = \"hush\"",
        "[[rules]]\npath = \"/a\"\nlive = \"hush\"",
        "[[rules]]\npath = \"/a\"\nscopes = \"hush\"",
        "[upstreams.a]\nauthorization = \"hush\"",
        "[dpop]\nexternal_urls = \"hush\"",
    ] {
        let (_, error) = refused(&format!("{rest}\n"));
        assert!(
            error.contains("expected ") && !error.contains("hush"),
            "{error}"
        );
    }
}

#[test]
fn what_would_be_ignored_in_silence_is_refused() {
    let head = |from: &str, to: &str| Config::parse(&HEAD.replace(from, to));
    let peers = "trusted_peers = [\"10.0.0.7\"]\n";
    let listen = "listen = \"127.0.0.1:9180\"";
    assert!(head(listen, &format!("{listen}\n{peers}")).is_ok());
    let tls = "tls = { certificate_file = \"a\", key_file = \"b\", client_authority_file = \"c\" }";
    for ignored in [
        format!("{listen}\n{tls}\n{peers}"),
        format!("listen = \"unix:/run/gateway.sock\"\n{peers}"),
    ] {
        let error = head(listen, &ignored).unwrap_err().to_string();
        assert!(error.contains("Leave `trusted_peers` out"), "{error}");
    }
    let error = refused("logout_audiences = [\"web\"]\n").1;
    assert!(error.contains("write `[notices]`"), "{error}");
    for host in [
        "https://api.example.com",
        "api.example.com/",
        "",
        "*.example.com",
        "a b",
        "u@api",
    ] {
        let hosts = format!("{listen}\nhosts = [{host:?}]");
        let error = head(listen, &hosts).unwrap_err().to_string();
        assert!(error.contains("is no host"), "{error}");
    }
    let hosts = format!("{listen}\nhosts = [\"api.example.com\", \"[::1]\", \"10.0.0.7\"]");
    head(listen, &hosts).unwrap();
}

/// A request to a host with a port would be to none of those that are named.
#[test]
fn a_port_that_nginx_does_not_tell_is_refused() {
    let upstream = "[upstreams.o]\nauthorization = \"keep\"\n";
    for host in ["api.example.com:8443", "[::1]:80", "10.0.0.7:1"] {
        let hosts = format!("hosts = [\"api.example.com\", {host:?}]\n");
        let of_upstream = format!("{HEAD}{upstream}{hosts}");
        let of_all = HEAD.replace("listen =", &format!("{hosts}listen ="));
        for (text, line) in [(&of_upstream, HEAD.lines().count() + 3), (&of_all, 4)] {
            let error = Config::parse(text).unwrap_err();
            assert_eq!(error.line(), Some(line), "{error}");
            assert!(error.to_string().contains("leave the port out"), "{error}");
            for other in ["traefik", "envoy"] {
                let gateway = format!("gateway = {other:?}");
                Config::parse(&text.replace("gateway = \"nginx\"", &gateway)).unwrap();
            }
        }
    }
}

#[test]
fn what_is_wrong_is_told_with_its_file() {
    let error = Config::read(Path::new("no/such/gateway.toml")).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("no/such/gateway.toml: cannot be read")
    );
}
