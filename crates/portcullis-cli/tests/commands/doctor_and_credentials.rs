//! Credentials that the server does not take, told apart.

use portcullis_testing::{
    Answer, AuthenticationMethod, AuthorizationServer, Client, Endpoint, Fault, SigningAlgorithm,
    SigningKey,
};

use crate::support::{Doctor, Folder};

async fn with(client: Client) -> AuthorizationServer {
    let server = AuthorizationServer::builder().add_client(client);
    server.audience("orders-api").start().await.unwrap()
}

#[tokio::test]
async fn a_wrong_secret_and_an_unknown_client() {
    let server = with(Client::new("orders-api", "secret-7f3a")).await;
    for id in ["orders-api", "nobody"] {
        let examined = Doctor::at(&server)
            .client(id, "not-this-one-7f3a")
            .examine()
            .await;
        examined.assert_first_wrong("credentials", "wrong_secret");
        examined.assert_exit_code(1);
        examined.assert_check("hint", "not_run", None);
    }
}

#[tokio::test]
async fn a_secret_that_was_encoded_before() {
    let server = with(Client::new("orders-api", "p@ss:w%rd +/é")).await;
    let examined = Doctor::at(&server)
        .client("orders-api", "p@ss:w%rd +/é")
        .examine()
        .await;
    examined.assert_nothing_wrong();
    for encoded in [
        "p%40ss%3Aw%25rd%20%2B%2F%C3%A9",
        "p%40ss%3Aw%25rd+%2B%2F%C3%A9",
    ] {
        let examined = Doctor::at(&server)
            .client("orders-api", encoded)
            .examine()
            .await;
        examined.assert_first_wrong("credentials", "secret_wrongly_encoded");
        assert!(
            examined
                .cure("credentials")
                .contains("as the server shows it")
        );
    }
}

#[tokio::test]
async fn a_secret_that_is_sent_raw_and_should_not_be() {
    let server = with(Client::new("orders-api", "%+: /é")).await;
    let doctor = Doctor::at(&server).client("orders-api", "%+: /é");
    let examined = doctor
        .arguments(&["--basic-encoding", "raw"])
        .examine()
        .await;
    examined.assert_first_wrong("credentials", "secret_wrongly_encoded");
    assert!(examined.cure("credentials").contains("BasicEncoding::Raw"));
}

#[tokio::test]
async fn a_server_that_does_not_decode() {
    let server = with(Client::new("orders-api", "a b%c").raw_basic_credentials()).await;
    let doctor = || Doctor::at(&server).client("orders-api", "a b%c");
    let examined = doctor().examine().await;
    examined.assert_first_wrong("credentials", "secret_wrongly_encoded");
    assert!(
        examined
            .cure("credentials")
            .contains("basic_encoding(BasicEncoding::Raw)")
    );
    let examined = doctor()
        .arguments(&["--basic-encoding", "raw"])
        .examine()
        .await;
    examined.assert_nothing_wrong();
}

#[tokio::test]
async fn white_space_around_a_secret() {
    let server = with(Client::new("orders-api", "secret-7f3a")).await;
    let examined = Doctor::at(&server)
        .client("orders-api", "secret-7f3a\n")
        .examine()
        .await;
    examined.assert_first_wrong("credentials", "secret_has_white_space");
}

#[tokio::test]
async fn another_method() {
    let client = Client::new("orders-api", "secret-7f3a");
    let server =
        with(client.authentication_methods([AuthenticationMethod::ClientSecretPost])).await;
    let doctor = || Doctor::at(&server).client("orders-api", "secret-7f3a");
    let examined = doctor().examine().await;
    examined.assert_first_wrong("credentials", "wrong_method");
    assert!(examined.cure("credentials").contains("client_secret_post"));
    let examined = doctor()
        .arguments(&["--client-method", "post"])
        .examine()
        .await;
    examined.assert_nothing_wrong();
}

#[tokio::test]
async fn a_public_client() {
    let server = with(Client::public("shop-web")).await;
    let examined = Doctor::at(&server)
        .client("shop-web", "anything-7f3a")
        .examine()
        .await;
    examined.assert_first_wrong("credentials", "public_client");
}

#[tokio::test]
async fn a_key_and_another_key() {
    let (key, other) = (
        SigningKey::generate(SigningAlgorithm::ES256),
        SigningKey::generate(SigningAlgorithm::ES256),
    );
    let server = with(Client::with_public_key("orders-api", &key)).await;
    let folder = Folder::of("keys");
    for (name, text, cause) in [
        ("key.jwk", key.private_jwk().to_string(), None),
        ("other.pem", other.private_key_pem(), Some("wrong_key")),
    ] {
        let path = folder.file(name, &text);
        let arguments = ["--client-id", "orders-api", "--client-key", &path];
        let doctor = Doctor::at(&server).arguments(&arguments);
        let examined = doctor.examine().await;
        match cause {
            None => examined.assert_nothing_wrong(),
            Some(cause) => examined.assert_first_wrong("credentials", cause),
        }
    }
}

#[tokio::test]
async fn a_certificate_and_another_certificate() {
    let server = AuthorizationServer::builder().tls().audience("orders-api");
    let server = server.start().await.unwrap();
    let own = server.client_certificate("orders-api").unwrap();
    let other = server.client_certificate("somebody-else").unwrap();
    server.add_client(Client::public("orders-api").certificate(&own));
    let folder = Folder::of("tls");
    let root = folder.file("root.pem", &server.root_certificate().unwrap());
    for (name, made, cause) in [
        ("own.pem", &own, None),
        ("other.pem", &other, Some("wrong_certificate")),
    ] {
        server.clear_requests();
        let both = made.certificate_pem() + &made.private_key_pem();
        let path = folder.file(name, &both);
        let arguments = [
            "--root-certificate",
            &root,
            "--client-id",
            "orders-api",
            "--client-certificate",
            &path,
        ];
        let doctor = Doctor::at(&server).arguments(&arguments);
        let examined = doctor.examine().await;
        let asked = server.requests(Endpoint::Introspection);
        assert!(
            asked
                .iter()
                .all(|request| request.client_certificate.is_some())
        );
        match cause {
            None => examined.assert_nothing_wrong(),
            Some(cause) => examined.assert_first_wrong("credentials", cause),
        }
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_about_tokens_is_no_verdict() {
    let server = with(Client::new("orders-api", "secret-7f3a")).await;
    server.inject(Endpoint::Introspection, Fault::status(503));
    let examined = Doctor::at(&server)
        .client("orders-api", "secret-7f3a")
        .examine()
        .await;
    examined.assert_exit_code(3);
    examined.assert_first_wrong("credentials", "issuer_failed");
}

/// Whoever tries a secret too often has the client locked.
#[tokio::test]
async fn a_refused_secret_is_shown_once_in_each_other_way() {
    let server = with(Client::new("orders-api", "secret-7f3a")).await;
    let examined = Doctor::at(&server)
        .client("orders-api", "not-this-one-7f3a")
        .examine()
        .await;
    examined.assert_first_wrong("credentials", "wrong_secret");
    // By `Basic` and by the form, and each time the library makes sure; it is too short for an assertion.
    let shown = server.request_count(Endpoint::Introspection);
    assert_eq!(shown, 4);
    let cure = examined.cure("credentials");
    assert!(cure.contains("asked 4 times"), "{cure}");
}

#[tokio::test]
async fn what_a_server_repeats_of_secrets_is_not_printed() {
    let server = with(Client::new("orders-api", "another")).await;
    for echo in ["sent-7f3a+é", "sent-7f3a%2B%C3%A9"] {
        let answer = Answer::json(&serde_json::json!({
            "error": "invalid_client",
            "error_description": format!("not {echo}"),
        }));
        server.inject(Endpoint::Introspection, Fault::answer(answer.status(401)));
        let doctor = Doctor::at(&server).client("orders-api", "sent-7f3a+é");
        let run = doctor.run(&[]).await;
        assert_eq!(run.code, Some(1), "{run:#?}");
        run.assert_never_says("7f3a");
        assert!(run.stdout.contains("not [redacted]"), "{run:#?}");
        server.clear_faults(Endpoint::Introspection);
    }
}

/// What the library says of an answer that it cannot read may have pieces of it.
#[tokio::test]
async fn an_odd_answer_that_repeats_a_secret_is_not_printed() {
    let server = with(Client::new("orders-api", "sent-7f3a")).await;
    for odd in [
        serde_json::json!({"active": "sent-7f3a"}),
        serde_json::json!({"active": true, "exp": "sent-7f3a"}),
        serde_json::json!("sent-7f3a"),
    ] {
        let answer = Answer::json(&odd);
        server.inject(Endpoint::Introspection, Fault::answer(answer));
        let doctor = Doctor::at(&server).client("orders-api", "sent-7f3a");
        let run = doctor.run(&[]).await;
        assert_eq!(run.code, Some(3), "{run:#?}");
        run.assert_never_says("sent-7f3a");
        server.clear_faults(Endpoint::Introspection);
    }
}
