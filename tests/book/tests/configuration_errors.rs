//! `docs/configuration-errors.md` has a section for each setting that can be refused, and the texts
//! that the library really has.
#![cfg(test)]

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use portcullis::{
    AuthorityMap, BasicEncoding, ClientAuthentication, ClientCertificate, ClientKey, ConfigError,
    Dpop, Issuer, IssuerBuilder, MultiIssuerVerifier, Realm, RequireAcr, RequireScope,
    ResourceMetadata, StateKeys,
};

const PAGE: &str = include_str!("../../../docs/configuration-errors.md");

/// What stands below the heading of each setting.
fn sections() -> BTreeMap<&'static str, &'static str> {
    let (_, settings) = PAGE.split_once("## What the settings say").unwrap();
    let (settings, _) = settings.split_once("\n## ").unwrap();
    let sections = settings.split("\n### `").skip(1);
    sections.map(|it| it.split_once("`\n\n").unwrap()).collect()
}

/// The texts that a part of the page quotes, each in its pieces between what varies.
fn quoted(part: &str) -> Vec<Vec<String>> {
    let texts = part.split('“').skip(1);
    let texts = texts.map(|text| text.split_once('”').unwrap().0);
    let texts = texts.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    let pieces = |text: String| text.split('…').map(str::to_owned).collect();
    texts.map(pieces).collect()
}

/// Whether the text begins as these pieces have it.
fn begins_with(text: &str, pieces: &[String]) -> bool {
    let (first, others) = pieces.split_first().unwrap();
    let mut rest = text.strip_prefix(first.as_str());
    for piece in others {
        rest = rest.and_then(|rest| Some(rest.split_once(piece.as_str())?.1));
    }
    rest.is_some()
}

/// All code of the library's crate and of `portcullis-redis`.
fn source() -> String {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates");
    let mut folders = vec![
        crates.join("portcullis/src"),
        crates.join("portcullis-redis/src"),
    ];
    let mut source = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                source.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    source
}

/// The settings that an error is made for with a name in place, wherever that is.
fn refused_settings(source: &str) -> Vec<&str> {
    let makers = ["ConfigError::new(", "ServerUrl::configured("];
    let mut settings = Vec::new();
    for maker in makers {
        let calls = source.split(maker).skip(1);
        let arguments = calls.filter_map(|call| call.trim_start().strip_prefix('"'));
        settings.extend(arguments.filter_map(|it| it.split('"').next()));
    }
    assert!(settings.len() > 40, "{settings:?}");
    settings
}

#[test]
fn every_setting_that_can_be_refused_has_a_section_and_no_other_has() {
    let (source, sections) = (source(), sections());
    let settings = refused_settings(&source);
    for setting in &settings {
        assert!(sections.contains_key(setting), "`{setting}`");
    }
    for setting in sections.keys() {
        // Some are named first and refused later.
        let is_named = source.contains(&format!("\"{setting}\""));
        assert!(is_named, "`{setting}` is refused nowhere");
    }
}

#[test]
fn every_text_that_is_quoted_is_one_of_the_librarys() {
    let source = source();
    let texts = quoted(PAGE);
    assert!(texts.len() > 100, "{}", texts.len());
    for pieces in texts {
        for piece in pieces.iter().map(|piece| piece.trim()) {
            let parts: Vec<&str> = piece.split(": ").map(str::trim).collect();
            let known = source.contains(piece) || parts.iter().all(|part| source.contains(part));
            assert!(known, "{piece:?} of {pieces:?}");
        }
    }
}

#[test]
fn every_error_of_connect_and_of_redis_is_quoted() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates");
    let mut count = 0;
    for file in [
        "portcullis/src/http_client/document.rs",
        "portcullis/src/http_client/client.rs",
        "portcullis-redis/src/config_error.rs",
    ] {
        let text = fs::read_to_string(crates.join(file)).unwrap();
        for attribute in text.split("#[error(").skip(1) {
            let message = attribute.trim_start().strip_prefix('"').unwrap();
            let message = without_arguments(message.split_once('"').unwrap().0);
            let known = quoted(PAGE).into_iter().any(|pieces| {
                let of_connect = pieces.join("…");
                message.starts_with(&of_connect) || of_connect.contains(&message)
            });
            assert!(known, "{file}: {message}");
            count += 1;
        }
    }
    assert_eq!(count, 12 + 5 + 6);
}

/// `{…}` as the page has it.
fn without_arguments(message: &str) -> String {
    let mut parts = message.split('{');
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        text.push('…');
        text.push_str(part.split_once('}').unwrap().1);
    }
    text
}

fn realm() -> IssuerBuilder {
    Realm::new("https://id.example.com/realms/shop").unwrap()
}

fn set(change: impl FnOnce(IssuerBuilder) -> IssuerBuilder) -> Option<ConfigError> {
    change(realm().audience("orders-api")).build().err()
}

fn asking(authentication: ClientAuthentication) -> Option<ConfigError> {
    let realm = realm().audience("orders-api");
    realm.client_authentication(authentication).build().err()
}

/// One mistake after the other, by what a user writes.
fn mistakes() -> Vec<Option<ConfigError>> {
    let no_names: [&str; 0] = [];
    vec![
        Realm::new("https://id.example.com/shop").err(),
        Issuer::builder("id.example.com")
            .and_then(|it| it.audience("a").build())
            .err(),
        Issuer::builder("http://id.example.com")
            .and_then(|it| it.audience("a").build())
            .err(),
        Issuer::builder("https://me@id.example.com")
            .and_then(|it| it.audience("a").build())
            .err(),
        Issuer::builder("https://id.example.com?a=b")
            .and_then(|it| it.audience("a").build())
            .err(),
        realm().build().err(),
        set(IssuerBuilder::danger_any_audience),
        set(|it| it.audience("")),
        set(|it| it.resource("orders-api")),
        set(|it| it.authorized_parties(no_names)),
        set(|it| it.algorithms([])),
        AuthorityMap::new().claim("groups", "").err(),
        set(|it| it.leeway(Duration::from_secs(301))),
        set(|it| it.keys("{}")),
        set(|it| it.keys(r#"{"keys": []}"#)),
        set(|it| {
            it.keys(r#"{"keys": []}"#)
                .jwks_uri("https://id.example.com/keys")
        }),
        set(|it| it.jwks_uri("keys")),
        set(|it| it.fetch_from("keycloak")),
        set(|it| it.introspection_endpoint("here")),
        set(|it| it.jwks_max_age(Duration::ZERO)),
        set(|it| it.unknown_key_fetches(0, Duration::from_secs(10))),
        set(|it| it.fetch_deadline(Duration::ZERO)),
        set(|it| it.root_certificate("none")),
        set(|it| it.max_token_lifetime(Duration::ZERO)),
        set(|it| it.max_revocations(0)),
        set(|it| it.logout_audiences([""])),
        set(|it| it.canary("canary", "hush")),
        set(|it| it.poll_not_before(Duration::ZERO)),
        set(|it| it.security_event_state("mine")),
        set(|it| it.security_event_audience("")),
        set(|it| {
            it.security_event_audience("a")
                .security_event_authorization("")
        }),
        realm()
            .audience("a")
            .build()
            .unwrap()
            .logout_receiver()
            .err(),
        realm()
            .audience("a")
            .build()
            .unwrap()
            .not_before_receiver()
            .err(),
        realm()
            .audience("a")
            .build()
            .unwrap()
            .security_event_receiver()
            .err(),
        Issuer::builder("https://id.example.com")
            .and_then(|it| it.audience("a").not_before_clients(["web"]).build())
            .err(),
        realm()
            .audience("a")
            .client_secret("", "hush")
            .build()
            .err(),
        realm()
            .audience("a")
            .client_secret("orders-api", "")
            .build()
            .err(),
        realm()
            .audience("a")
            .client_secret("a", "b")
            .introspection_calls(0)
            .build()
            .err(),
        realm()
            .audience("a")
            .client_secret("a", "b")
            .introspection_deadline(Duration::ZERO)
            .build()
            .err(),
        realm()
            .audience("a")
            .client_secret("a", "b")
            .token_type_hint("requesting_party_token")
            .build()
            .err(),
        realm()
            .audience("a")
            .client_secret("a", "b")
            .recheck_every(Duration::ZERO)
            .build()
            .err(),
        realm()
            .audience("a")
            .client_secret("a", "b")
            .recheck_budget(0)
            .build()
            .err(),
        ClientAuthentication::client_secret_jwt("orders-api", "short").err(),
        ClientAuthentication::client_secret_basic("orders:api", "hush")
            .map(|it| it.basic_encoding(BasicEncoding::Raw))
            .map_or_else(Some, asking),
        ClientAuthentication::bearer("Bearer token").err(),
        ClientKey::from_pem("none").err(),
        ClientKey::from_jwk("none").err(),
        ClientCertificate::from_pem("none").err(),
        Dpop::at("api.example.com").err(),
        Dpop::at("https://api.example.com?a=b").err(),
        MultiIssuerVerifier::builder().build().err(),
        RequireScope::all(["two scopes"]).err(),
        RequireScope::all(no_names).err(),
        RequireAcr::one_of([""]).err(),
        ResourceMetadata::of("http://api.example.com").err(),
        StateKeys::from_hex("0f").err(),
        StateKeys::from_hex(&"0".repeat(64)).err(),
    ]
}

#[test]
fn what_a_mistake_says_stands_in_the_section_of_its_setting() {
    let sections = sections();
    for (number, mistake) in mistakes().into_iter().enumerate() {
        let error = mistake.unwrap_or_else(|| panic!("mistake {number} is none"));
        let message = error.to_string();
        let problem = message
            .strip_prefix(&format!("`{}`: ", error.setting()))
            .unwrap();
        let section = sections.get(error.setting());
        let section = section.unwrap_or_else(|| panic!("{message}: has no section"));
        let known = quoted(section)
            .iter()
            .any(|pieces| begins_with(problem, pieces));
        // What is wrong with an address is told once, for the issuer.
        let of_addresses = quoted(sections["issuer"]);
        let known = known
            || of_addresses
                .iter()
                .any(|pieces| begins_with(problem, pieces));
        assert!(known, "{message}");
    }
}
