use std::sync::Arc;

use portcullis::Expectations;

use super::*;

fn facts(json: &str) -> TokenFacts {
    TokenFacts::from_json(json, &Arc::new(Expectations::audience("api"))).unwrap()
}

fn headers(named: &[(&str, &str)]) -> IdentityHeaders {
    let named = named.iter().map(|&(name, source)| {
        let source = Source::try_from(source.to_owned()).unwrap();
        (IdentityHeaderName::new(name).unwrap(), source)
    });
    IdentityHeaders::new(named).unwrap()
}

fn value(source: &str, json: &str) -> String {
    let values = headers(&[("X-A", source)]).values(&facts(json)).unwrap();
    values[0].1.to_str().unwrap().to_owned()
}

#[test]
fn each_header_says_what_the_token_says() {
    let json = r#"{"iss":"https://id","sub":"alice","azp":"web","scope":"a b","email":"a@b.c",
        "realm_access":{"roles":["admin","x,y"]},"level":3,"new":true,"none":null,"empty":[]}"#;
    for (source, said) in [
        ("subject", "alice"),
        ("client", "web"),
        ("issuer", "https://id"),
        ("scopes", "a,b"),
        ("kind", "user"),
        ("/email", "a@b.c"),
        ("/realm_access/roles", "admin,x%2Cy"),
        ("/realm_access/roles/0", "admin"),
        ("/level", "3"),
        ("/new", "true"),
        ("/none", ""),
        ("/empty", ""),
        ("/missing", ""),
        ("/email/deeper", ""),
    ] {
        assert_eq!(value(source, json), said, "{source}");
    }
    assert_eq!(value("kind", r#"{"sub":"c","azp":"c"}"#), "client");
    assert_eq!(value("subject", "{}"), "");
}

#[test]
fn no_claim_ends_a_header_or_begins_another() {
    for (sub, said) in [
        (r"a\r\nX-Auth-Roles: admin", "a%0D%0AX-Auth-Roles:%20admin"),
        (r"a\u0000b", "a%00b"),
        ("a b", "a%20b"),
        ("caf\u{e9}", "caf%C3%A9"),
        ("50%", "50%25"),
        ("a,b", "a%2Cb"),
        (r"\u007f", "%7F"),
        (r#"\"a\";b"#, r#""a";b"#),
    ] {
        assert_eq!(value("subject", &format!(r#"{{"sub":"{sub}"}}"#)), said);
    }
}

#[test]
fn half_of_an_identity_is_none() {
    for claim in [
        r#"{"a":1}"#,
        r#"["a",{"b":1}]"#,
        r#"["a",null]"#,
        r#"["a",["b"]]"#,
    ] {
        let facts = facts(&format!(r#"{{"groups":{claim}}}"#));
        let refused = headers(&[("X-A", "/groups")]).values(&facts).unwrap_err();
        assert_eq!(refused.reason(), Reason::ClaimsDoNotFit, "{claim}");
    }
    let long = "\u{e9}".repeat(IdentityHeaders::MAX_LENGTH / 6 + 1);
    let refused = headers(&[("X-A", "subject")]).values(&facts(&format!(r#"{{"sub":"{long}"}}"#)));
    assert_eq!(refused.unwrap_err().reason(), Reason::ClaimsDoNotFit);
}

#[test]
fn all_headers_together_have_room_in_an_answer() {
    let longest = "a".repeat(IdentityHeaders::MAX_LENGTH);
    let json = format!(r#"{{"sub":"{longest}"}}"#);
    let names = ["X-A", "X-B", "X-C"];
    let of = |count: usize| {
        let named: Vec<_> = names[..count]
            .iter()
            .map(|&name| (name, "subject"))
            .collect();
        headers(&named).values(&facts(&json))
    };
    assert_eq!(of(2).unwrap().len(), 2);
    assert_eq!(of(3).unwrap_err().reason(), Reason::ClaimsDoNotFit);
}

#[test]
fn a_name_that_means_something_else_is_not_taken() {
    for name in ["X-User", "x-auth-subject", "X-User-2", "X-R2D2"] {
        assert!(IdentityHeaderName::new(name).is_ok(), "{name}");
    }
    for name in [
        "",
        "X-",
        "X--A",
        "X-A-",
        "User",
        "Authorization",
        "Host",
        "X_User",
        "X-My_User",
        "X-A b",
        "X-A:",
        "X-\u{e9}",
        "X-Forwarded-User",
        "X-Original-URI",
        "X-Accel-Redirect",
        "X-Real-IP",
        "X-HTTP-Method-Override",
        "X-Envoy-Original-Path",
        "X-Rewrite-URL",
        "X-Sendfile",
    ] {
        assert!(IdentityHeaderName::new(name).is_err(), "{name}");
    }
    let name = |name| (IdentityHeaderName::new(name).unwrap(), Source::Subject);
    assert!(IdentityHeaders::new([name("X-User"), name("x-user")]).is_err());
    for source in ["", "/", "sub", "email", "Subject"] {
        assert!(Source::try_from(source.to_owned()).is_err(), "{source}");
    }
}
