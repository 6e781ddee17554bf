//! What is wrong about security events shows when the issuer is built.

use portcullis::{AccessToken, ConfigError, IssuerBuilder};
use portcullis_conformance::{AUDIENCE, World};

async fn error(configure: impl FnOnce(IssuerBuilder) -> IssuerBuilder) -> Option<ConfigError> {
    let world = World::start().await;
    configure(world.realm()).build().err()
}

fn polled(realm: IssuerBuilder, address: &str) -> IssuerBuilder {
    realm.poll_security_events(address, || async { AccessToken::new("any") })
}

#[tokio::test]
async fn r6_without_an_audience_nothing_is_taken() {
    let setting = "security_event_audience";
    let world = World::start().await;
    let issuer = world.realm().build().unwrap();
    let receiver = issuer.security_event_receiver().map(drop);
    assert_eq!(receiver.unwrap_err().setting(), setting);

    let cases: [fn(IssuerBuilder) -> IssuerBuilder; 4] = [
        |realm| realm.security_event_audience(""),
        |realm| realm.security_event_authorization("Bearer x"),
        |realm| realm.security_event_state("chosen"),
        |realm| polled(realm, "https://id.example.com/poll"),
    ];
    for configure in cases {
        let refused = error(configure).await.unwrap();
        assert_eq!(refused.setting(), setting, "{refused}");
    }
    let fed = error(|realm| realm.security_event_audience(AUDIENCE)).await;
    assert_eq!(fed, None);
}

#[tokio::test]
async fn r13_an_authorization_that_cannot_stand_in_a_header_is_refused() {
    for value in ["", "  ", "Bearer a\nb", "Bearer \u{e9}"] {
        let refused = error(|realm| {
            realm
                .security_event_audience(AUDIENCE)
                .security_event_authorization(value)
        });
        let refused = refused.await.unwrap();
        assert_eq!(refused.setting(), "security_event_authorization");
    }
}

#[tokio::test]
async fn r14_a_bearer_token_goes_to_no_address_that_others_can_listen_to() {
    for (address, is_good) in [
        ("https://events.example.com/poll", true),
        ("http://127.0.0.1:8080/poll", true),
        ("http://[::1]/poll", true),
        ("http://localhost/poll", false),
        ("http://id.example.com/poll", false),
        ("https://user@id.example.com/poll", false),
        ("https://id.example.com/poll#there", false),
        ("/poll", false),
        ("", false),
    ] {
        let refused = error(|realm| polled(realm.security_event_audience(AUDIENCE), address));
        let setting = refused.await.map(|error| error.setting());
        let expected = (!is_good).then_some("poll_security_events");
        assert_eq!(setting, expected, "{address}");
    }
}
