use std::{fs, sync::Arc};

use http::{HeaderMap, HeaderValue, StatusCode};
use portcullis_gateway::{
    Config, Gate, Judging, ReloadError, RuleFile, StartError, forwarded::Peer,
};

use crate::{folder::Folder, world::World};

fn text(issuer: &str, rules: &str) -> String {
    format!(
        r#"
[forward_auth]
gateway = "nginx"
listen = "127.0.0.1:0"
[issuer]
url = "{issuer}"
audience = ["a"]
{rules}"#
    )
}

const ONE: &str = "[[rules]]\npath = \"/one\"\npublic = true\n";
const TWO: &str = "[[rules]]\npath = \"/two\"\npublic = true\n";
const IDENTITY: &str = "[identity]\nX-User = \"subject\"\nX-Client = \"client\"\n";
const ISSUER: &str = "https://id.example.com";

struct Ruled {
    folder: Folder,
    gate: Arc<Gate>,
    rules: RuleFile,
}

impl Ruled {
    fn new() -> Self {
        Self::of(ONE)
    }

    fn of(rules: &str) -> Self {
        let folder = Folder::new();
        let text = text(ISSUER, rules);
        let file = folder.write("gateway.toml", &text);
        let Config {
            settings, policy, ..
        } = Config::read(&file).unwrap();
        let authenticator = Judging::new(&settings).unwrap().authenticator;
        let gate = Arc::new(Gate::new(policy, authenticator));
        let rules = RuleFile::new(file, text.into(), settings, gate.clone());
        Self {
            folder,
            gate,
            rules,
        }
    }

    fn write(&self, text: &str) {
        self.folder.write("gateway.toml", text);
    }

    /// What a look every two seconds makes of a file that nobody writes to any more.
    fn look_twice(&self) -> Result<(), ReloadError> {
        assert_eq!(self.rules.reload_if_changed(), Ok(()));
        self.rules.reload_if_changed()
    }

    async fn status(&self, path: &'static str) -> StatusCode {
        let mut headers = HeaderMap::new();
        headers.insert("x-original-method", HeaderValue::from_static("GET"));
        headers.insert("x-original-uri", HeaderValue::from_static(path));
        self.gate.answer(Peer::Socket, &headers).await.status()
    }

    async fn assert_one(&self) {
        assert_eq!(self.status("/one").await, StatusCode::OK);
        assert_eq!(self.status("/two").await, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn a_file_that_has_changed_is_taken_as_a_whole() {
    let ruled = Ruled::new();
    ruled.assert_one().await;
    ruled.rules.reload_if_changed().unwrap();
    ruled.assert_one().await;
    ruled.write(&text(ISSUER, TWO));
    ruled.look_twice().unwrap();
    assert_eq!(ruled.status("/one").await, StatusCode::FORBIDDEN);
    assert_eq!(ruled.status("/two").await, StatusCode::OK);
}

/// A rule that is cut off before what it asks for is a rule that asks for less.
#[tokio::test]
async fn what_is_half_written_is_not_taken() {
    let ruled = Ruled::new();
    let whole = text(ISSUER, "[[rules]]\npath = \"/two\"\nroles = [\"admin\"]\n");
    let half = text(ISSUER, TWO);
    ruled.write(&half);
    ruled.rules.reload_if_changed().unwrap();
    ruled.assert_one().await;
    ruled.write(&whole);
    ruled.rules.reload_if_changed().unwrap();
    ruled.assert_one().await;
    // What was there before it was changed is no change.
    ruled.write(&text(ISSUER, ONE));
    ruled.look_twice().unwrap();
    ruled.write(&whole);
    ruled.rules.reload_if_changed().unwrap();
    ruled.assert_one().await;
    ruled.rules.reload_if_changed().unwrap();
    assert_eq!(ruled.status("/one").await, StatusCode::FORBIDDEN);
    assert_eq!(ruled.status("/two").await, StatusCode::UNAUTHORIZED);
}

/// What was written between the first look and the second is not lost.
#[tokio::test]
async fn what_is_written_while_it_starts_is_read() {
    let folder = Folder::new();
    let first = text(ISSUER, ONE);
    let file = folder.write("gateway.toml", &first);
    let Config {
        settings, policy, ..
    } = Config::of_file(&file, first.as_bytes()).unwrap();
    let authenticator = Judging::new(&settings).unwrap().authenticator;
    let gate = Arc::new(Gate::new(policy, authenticator));
    folder.write("gateway.toml", &text(ISSUER, TWO));
    let rules = RuleFile::new(file, first.into(), settings, gate.clone());
    let ruled = Ruled {
        folder,
        gate,
        rules,
    };
    ruled.look_twice().unwrap();
    assert_eq!(ruled.status("/two").await, StatusCode::OK);
}

#[tokio::test]
async fn headers_that_the_proxy_does_not_overwrite_are_not_read_in() {
    let ruled = Ruled::of(&format!("{IDENTITY}{ONE}"));
    for other in [
        "[identity]\nX-User = \"subject\"\n",
        "[identity]\nX-User = \"subject\"\nX-Client = \"client\"\nX-Role = \"/role\"\n",
        "[identity]\nX-User = \"subject\"\nX-Other = \"client\"\n",
        "",
    ] {
        ruled.write(&text(ISSUER, &format!("{other}{TWO}")));
        let refused = ruled.rules.reload();
        assert!(
            matches!(refused, Err(ReloadError::IdentityNames(_))),
            "{other}"
        );
        ruled.assert_one().await;
    }
    // What stands in them may change, and their order.
    let others = "[identity]\nx-client = \"issuer\"\nX-User = \"/email\"\n";
    ruled.write(&text(ISSUER, &format!("{others}{TWO}")));
    ruled.rules.reload().unwrap();
    assert_eq!(ruled.status("/two").await, StatusCode::OK);
}

#[tokio::test]
async fn a_file_that_cannot_be_used_changes_nothing() {
    let ruled = Ruled::new();
    for bad in [
        "",
        "nonsense",
        &text(ISSUER, &format!("{TWO}live = true\n")),
        &text(ISSUER, "[[rules]]\n"),
    ] {
        ruled.write(bad);
        let refused = ruled.look_twice();
        assert!(matches!(refused, Err(ReloadError::File(_))), "{bad}");
        // It is told of once.
        assert_eq!(ruled.look_twice(), Ok(()));
        ruled.assert_one().await;
    }
    fs::remove_file(ruled.rules.path()).unwrap();
    assert!(ruled.look_twice().is_err());
    ruled.assert_one().await;
    ruled.write(&text(ISSUER, TWO));
    ruled.look_twice().unwrap();
    assert_eq!(ruled.status("/two").await, StatusCode::OK);
}

#[tokio::test]
async fn another_issuer_is_not_read_in() {
    let ruled = Ruled::new();
    ruled.write(&text("https://other.example.com", TWO));
    assert!(matches!(ruled.rules.reload(), Err(ReloadError::Fixed(_))));
    ruled.assert_one().await;
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let folder = Folder::new();
    let missing = World::try_start(
        "listen = \"127.0.0.1:0\"",
        "root_certificate_file = \"/no/such\"\n",
        folder,
    )
    .await;
    let error = missing.err().unwrap();
    assert!(matches!(error, StartError::Judging(_)));
    assert!(
        error.to_string().contains("/no/such: cannot be read"),
        "{error}"
    );
    let tls = r#"listen = "127.0.0.1:0"
tls = { certificate_file = "/no/a", key_file = "/no/b", client_authority_file = "/no/c" }"#;
    let missing = World::try_start(tls, "", Folder::new()).await;
    assert!(
        missing
            .err()
            .unwrap()
            .to_string()
            .contains("/no/c: cannot be read")
    );
}
