use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::*;
use crate::{
    AccessToken, Timestamp,
    discovery::{ClientMethods, ClientTarget},
    http_client::ServerUrl,
};

/// A server that publishes these methods and algorithms.
pub(super) fn target(methods: Option<&[&str]>, algorithms: Option<&[&str]>) -> ClientTarget {
    let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
    ClientTarget {
        endpoint: ServerUrl::parse("https://id.internal/introspect", false).unwrap(),
        public: "https://id.example.com/introspect".into(),
        methods: Arc::new(ClientMethods {
            methods: methods.map(owned),
            algorithms: algorithms.map(owned),
        }),
    }
}

pub(super) async fn attempt(
    client: &ClientAuthentication,
    target: &ClientTarget,
) -> Result<Attempt, AuthenticationError> {
    let occasion = Occasion {
        issuer: "https://id.example.com",
        target,
        now: Timestamp::from_seconds(1_700_000_000),
    };
    client.attempt(&occasion).await
}

/// Header and claims of the assertion in an attempt.
pub(super) fn assertion(attempt: &Attempt) -> (Value, Value) {
    assert!(attempt.header.is_none());
    let [
        ("client_id", _),
        ("client_assertion_type", _),
        ("client_assertion", jwt),
    ] = attempt.form.as_slice()
    else {
        panic!("an assertion is three members");
    };
    let mut parts = jwt.split('.').map(|part| {
        let json = URL_SAFE_NO_PAD.decode(part).unwrap();
        serde_json::from_slice(&json).unwrap_or_default()
    });
    (parts.next().unwrap(), parts.next().unwrap())
}

async fn header(id: &str, secret: &str, encoding: BasicEncoding) -> String {
    let client = ClientAuthentication::client_secret_basic(id, secret).unwrap();
    let client = client.basic_encoding(encoding);
    let attempt = attempt(&client, &target(None, None)).await.unwrap();
    assert!(attempt.form.is_empty());
    let value = attempt.header.unwrap();
    assert!(value.is_sensitive());
    value.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn id_and_secret_are_form_encoded_before_basic() {
    for (id, secret, expected) in [
        (
            "rs client",
            "p@ss:w%rd+/é",
            "Basic cnMrY2xpZW50OnAlNDBzcyUzQXclMjVyZCUyQiUyRiVDMyVBOQ==",
        ),
        ("a:b", "c:d", "Basic YSUzQWI6YyUzQWQ="),
        (
            "s6BhdRkqt3",
            "gX1fBat3bV",
            "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW",
        ),
    ] {
        assert_eq!(
            header(id, secret, BasicEncoding::FormEncoded).await,
            expected
        );
    }
}

#[tokio::test]
async fn raw_basic_leaves_them_as_they_are() {
    assert_eq!(
        header(
            "content-cyrus-client",
            "#NdhMw3!?:R+7_8{EsKU44W(",
            BasicEncoding::Raw
        )
        .await,
        "Basic Y29udGVudC1jeXJ1cy1jbGllbnQ6I05kaE13MyE/OlIrN184e0VzS1U0NFco"
    );
}

#[test]
fn debug_does_not_show_what_proves_us() {
    for client in [
        ClientAuthentication::client_secret("api", "hush"),
        ClientAuthentication::client_secret_post("api", "hush"),
        ClientAuthentication::client_secret_jwt("api", "hush".repeat(8)),
        ClientAuthentication::bearer("hush"),
    ] {
        let debug = format!("{:?}", client.unwrap());
        assert!(!debug.contains("hush"), "{debug}");
    }
}

#[test]
fn what_cannot_be_right_is_refused_at_once() {
    assert!(ClientAuthentication::client_secret_basic("api", "").is_err());
    assert!(ClientAuthentication::client_secret("", "s").is_err());
    assert!(ClientAuthentication::client_secret_basic("a\nb", "s").is_err());
    assert!(ClientAuthentication::client_secret_jwt("api", "").is_err());
    assert!(ClientAuthentication::client_secret_jwt("api", "x".repeat(31)).is_err());
    assert!(ClientAuthentication::client_secret_jwt("api", "x".repeat(32)).is_ok());
    assert!(ClientAuthentication::tls_client_auth("").is_err());
    assert!(ClientAuthentication::bearer("a b").is_err());
    assert!(ClientAuthentication::bearer("").is_err());
}

#[tokio::test]
async fn a_secret_goes_by_the_best_method_that_is_offered() {
    let short = ClientAuthentication::client_secret("api", "hush").unwrap();
    let long = ClientAuthentication::client_secret("api", "hush".repeat(8)).unwrap();
    let way = async |client: &ClientAuthentication, target: ClientTarget| {
        let attempt = attempt(client, &target).await?;
        let names: Vec<_> = attempt.form.iter().map(|(name, _)| *name).collect();
        Ok::<_, AuthenticationError>(match (attempt.header, names.as_slice()) {
            (Some(_), []) => "basic",
            (None, ["client_id", "client_secret"]) => "post",
            (None, ["client_id", "client_assertion_type", "client_assertion"]) => "jwt",
            other => panic!("{other:?}"),
        })
    };
    let (basic, post, jwt) = (
        "client_secret_basic",
        "client_secret_post",
        "client_secret_jwt",
    );
    for client in [&short, &long] {
        assert_eq!(way(client, target(None, None)).await, Ok("basic"));
        let all = target(Some(&[jwt, post, basic]), None);
        assert_eq!(way(client, all).await, Ok("basic"));
        assert_eq!(
            way(client, target(Some(&[jwt, post]), None)).await,
            Ok("post")
        );
        for misfit in [&[][..], &["private_key_jwt"], &["Client_Secret_Basic"]] {
            let error = way(client, target(Some(misfit), None)).await.unwrap_err();
            assert!(matches!(&error, AuthenticationError::Misfit(_)));
            assert!(
                error.to_string().contains(&format!("{misfit:?}")),
                "{error}"
            );
        }
    }
    assert!(way(&short, target(Some(&[jwt]), None)).await.is_err());
    assert_eq!(way(&long, target(Some(&[jwt]), None)).await, Ok("jwt"));
    let hmac = target(Some(&[jwt]), Some(&["RS256", "HS256"]));
    assert_eq!(way(&long, hmac).await, Ok("jwt"));
    assert!(
        way(&long, target(Some(&[jwt]), Some(&["RS256"])))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn an_explicit_method_is_never_overruled() {
    let other = target(Some(&["private_key_jwt"]), None);
    let basic = ClientAuthentication::client_secret_basic("api", "hush").unwrap();
    assert!(attempt(&basic, &other).await.unwrap().header.is_some());
    let post = ClientAuthentication::client_secret_post("api", "hush").unwrap();
    assert_eq!(attempt(&post, &other).await.unwrap().form.len(), 2);
}

#[tokio::test]
async fn an_assertion_says_who_asks_whom_and_when() {
    let client = ClientAuthentication::client_secret_jwt("api", "x".repeat(32)).unwrap();
    let target = target(None, None);
    let (header, mut claims) = assertion(&attempt(&client, &target).await.unwrap());
    assert_eq!(
        header,
        json!({"alg": "HS256", "typ": "client-authentication+jwt"})
    );
    let jti = claims.as_object_mut().unwrap().remove("jti").unwrap();
    assert_eq!(jti.as_str().unwrap().len(), 27, "160 bits");
    assert_eq!(
        claims,
        json!({
            "iss": "api",
            "sub": "api",
            "aud": "https://id.example.com",
            "iat": 1_700_000_000,
            "exp": 1_700_000_060,
        })
    );

    let client = client
        .assertion_type(AssertionType::Jwt)
        .assertion_audience(AssertionAudience::Endpoint);
    let (header, claims) = assertion(&attempt(&client, &target).await.unwrap());
    assert_eq!(header["typ"], "JWT");
    assert_eq!(claims["aud"], "https://id.example.com/introspect");
}

#[tokio::test]
async fn a_certificate_goes_with_the_id_alone() {
    let client = ClientAuthentication::tls_client_auth("api").unwrap();
    let attempt = attempt(&client, &target(None, None)).await.unwrap();
    assert!(attempt.header.is_none());
    assert_eq!(attempt.form, [("client_id", "api".to_owned())]);
}

#[tokio::test]
async fn a_bearer_token_goes_alone_and_is_had_anew_each_time() {
    let calls = Arc::new(std::sync::atomic::AtomicU8::new(1));
    let client = ClientAuthentication::bearer_from(move || {
        let number = calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        async move { AccessToken::new(&format!("token-{number}")) }
    });
    for expected in ["Bearer token-1", "Bearer token-2"] {
        let attempt = attempt(&client, &target(None, None)).await.unwrap();
        let header = attempt.header.unwrap();
        assert_eq!(header, expected);
        assert!(header.is_sensitive());
        assert!(attempt.form.is_empty());
    }
    let client = ClientAuthentication::bearer_from(|| async { AccessToken::new("not one") });
    let error = attempt(&client, &target(None, None)).await.unwrap_err();
    assert!(matches!(error, AuthenticationError::Unavailable(_)));
}
