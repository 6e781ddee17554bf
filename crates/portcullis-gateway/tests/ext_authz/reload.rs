use std::sync::Arc;

use portcullis_gateway::{Config, Gate, Judging, ReloadError, RuleFile};

use crate::folder::Folder;

fn text(gateway: &str, path: &str) -> String {
    format!(
        r#"
[forward_auth]
gateway = "{gateway}"
listen = "127.0.0.1:0"
[issuer]
url = "https://id.example.com"
audience = ["a"]
[[rules]]
path = "{path}"
public = true
"#
    )
}

/// What listens speaks gRPC, and asks for nothing else.
#[tokio::test]
async fn a_file_for_another_protocol_is_not_read_in() {
    let folder = Folder::new();
    let text_of_one = text("envoy", "/one");
    let file = folder.write("gateway.toml", &text_of_one);
    let Config {
        settings, policy, ..
    } = Config::read(&file).unwrap();
    let authenticator = Judging::new(&settings).unwrap().authenticator;
    let gate = Arc::new(Gate::new(policy, authenticator));
    let rules = RuleFile::new(file, text_of_one.into(), settings, gate.clone());
    for other in ["nginx", "traefik"] {
        folder.write("gateway.toml", &text(other, "/two"));
        assert!(matches!(rules.reload(), Err(ReloadError::Fixed(_))));
    }
    folder.write("gateway.toml", &text("envoy", "/two"));
    rules.reload().unwrap();
}
