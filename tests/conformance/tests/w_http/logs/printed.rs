//! What types of the library show of themselves.

use std::{fmt::Debug, sync::Arc};

use http::{Request, header};
use portcullis::{
    AccessToken, AuthenticateLayer, Authenticator, AuthorizationHeader, BasicEncoding,
    ClientAuthentication, Credentials, Issuer, Outcome, Realm, RequestView, TokenExtractor,
};
use portcullis_conformance::{World, base64url};

use super::secrets::Secrets;

const SECRET: &str = "a-secret-to-hush";

fn print(value: &impl Debug) -> String {
    format!("{value:?} {value:#?}")
}

#[tokio::test]
async fn w14_configuration_shows_no_secret() {
    let world = World::start().await;
    let mut secrets = Secrets::default();
    secrets.client("rs", SECRET);
    let builder = || world.realm().client_secret("rs", SECRET);
    let post = ClientAuthentication::client_secret_post("rs", SECRET).unwrap();
    let basic = ClientAuthentication::client_secret_basic("rs", SECRET).unwrap();
    let raw = basic.clone().basic_encoding(BasicEncoding::Raw);
    let issuer = builder().build().unwrap();
    for printed in [
        print(&builder()),
        print(&world.realm().client_secret_post("rs", SECRET)),
        print(&world.realm().client_authentication(raw.clone())),
        print(&post),
        print(&basic),
        print(&raw),
        print(&issuer),
        print(&issuer.jwt()),
        print(&issuer.hybrid()),
        print(&issuer.introspection()),
        print(&AuthenticateLayer::new(issuer.hybrid())),
        print(&Authenticator::new(issuer.introspection())),
        print(&ClientAuthentication::client_secret_basic("a\nb", SECRET)),
        print(&world.realm().client_secret("", SECRET).build()),
        print(&builder().danger_any_audience().build()),
    ] {
        assert!(!printed.is_empty());
        secrets.assert_absent_from(&printed);
    }
}

#[test]
fn w14_a_password_in_an_address_shows_in_no_error() {
    let issuer = "https://id.example.com/realms/shop";
    let builder = || Realm::new(issuer).unwrap().audience("orders-api");
    let address = format!("https://admin:{SECRET}@id.example.com/realms/shop");
    let errors = [
        Issuer::builder(&address).err(),
        Issuer::builder(format!("ftp://admin:{SECRET}@id.example.com/")).err(),
        Issuer::builder(format!("admin:{SECRET}@id.example.com")).err(),
        Realm::new(format!("https://admin:{SECRET}@id.example.com/")).err(),
        Realm::new(&address).err(),
        builder().fetch_from(&address).build().err(),
        builder().jwks_uri(&address).build().err(),
        builder().introspection_endpoint(&address).build().err(),
    ];
    for error in errors {
        let error = error.unwrap();
        let printed = format!("{error} {error:?}");
        assert!(!printed.contains(SECRET), "{printed}");
        assert!(printed.contains("id.example.com"), "{printed}");
    }
    assert!(builder().fetch_from(issuer).build().is_ok());
}

#[tokio::test]
async fn w14_credentials_show_no_token() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let mut secrets = Secrets::default();
    let tokens = [world.server.token().jwt(), world.server.token().opaque()];
    for token in tokens {
        secrets.token(&token);
        let uri = format!("/?access_token={token}");
        let request = Request::get(uri)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(())
            .unwrap();
        let view = RequestView::from(&request);
        let found = AuthorizationHeader::default().find(view).unwrap();
        let access_token = AccessToken::new(&token).unwrap();
        let begun = Arc::new(Authenticator::new(issuer.introspection()));
        let outcome = begun.begin(view);
        assert!(matches!(outcome, Outcome::Waiting(_)), "{outcome:?}");
        let verified = begun.authenticate(view).await.unwrap().unwrap();
        for printed in [
            print(&view),
            print(&found),
            print(&access_token),
            print(&Credentials::bearer(access_token.clone())),
            print(&outcome),
            print(&verified),
            print(&verified.facts()),
            print(&AccessToken::new(&format!("{token} {token}"))),
        ] {
            secrets.assert_absent_from(&printed);
        }
    }
}

#[test]
fn w14_the_search_finds_what_it_looks_for() {
    let mut secrets = Secrets::default();
    secrets.client("rs client", "p@ss word");
    secrets.token("header00.payload0.signature");
    for leak in [
        "p@ss word",
        "p%40ss+word",
        "Basic cnMrY2xpZW50OnAlNDBzcyt3b3Jk",
        "Bearer header00.payload0.signature",
        "... payload0 ...",
        &base64url("signature"),
    ] {
        assert_ne!(secrets.found_in(leak).count(), 0, "{leak}");
    }
    assert_eq!(secrets.found_in("nothing of it").count(), 0);
}
