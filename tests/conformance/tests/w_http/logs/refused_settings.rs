//! What is said of settings that hold a secret and cannot be used.

use portcullis::{ClientAuthentication, ConfigError, Issuer, ReqwestClient};

use super::{client_methods::LONG_SECRET, secrets::Secrets};

/// Each is refused, and shows no secret.
pub(super) fn assert_silent(
    secrets: &Secrets,
    refused: impl IntoIterator<Item = Option<ConfigError>>,
) {
    for (number, error) in refused.into_iter().enumerate() {
        assert!(error.is_some(), "number {number} is not refused");
        let error = error.unwrap();
        let printed = format!("{error} {error:?} {error:#?} {}", error.setting());
        secrets.assert_absent_from(&printed);
    }
}

#[test]
fn w14_a_refused_secret_shows_in_no_error() {
    let mut secrets = Secrets::default();
    let (short, token) = ("p@ss-short", "an-access-token and more");
    secrets.client("rs", short);
    secrets.client("rs", LONG_SECRET);
    secrets.token(token);
    for word in token.split(' ').filter(|word| word.len() > 7) {
        secrets.add(word);
    }
    let realm = || Issuer::builder("https://id.example.com").unwrap();
    let asking = |id: &str| realm().client_secret(id, LONG_SECRET);
    assert_silent(
        &secrets,
        [
            ClientAuthentication::client_secret_jwt("rs", short).err(),
            ClientAuthentication::client_secret_jwt("", LONG_SECRET).err(),
            ClientAuthentication::client_secret("a\nb", LONG_SECRET).err(),
            ClientAuthentication::client_secret_post("", LONG_SECRET).err(),
            ClientAuthentication::client_secret_basic("", LONG_SECRET).err(),
            ClientAuthentication::bearer(token).err(),
            ClientAuthentication::bearer(format!("Bearer {token}")).err(),
            ClientAuthentication::bearer(format!("{LONG_SECRET}\n{token}")).err(),
            asking("").build().err(),
            asking("rs").build().err(),
            ReqwestClient::builder()
                .proxy(format!("socks5://user:{LONG_SECRET}@127.0.0.1:1"))
                .build()
                .err(),
            ReqwestClient::builder()
                .proxy(format!("user:{LONG_SECRET}@127.0.0.1:1"))
                .build()
                .err(),
        ],
    );
}
