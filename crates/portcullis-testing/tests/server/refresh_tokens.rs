//! Refresh tokens, and the logout with one: the ground of a canary.

use std::{sync::Arc, time::Duration};

use portcullis_testing::{AuthorizationServer, Client, Endpoint, TokenFormat};
use reqwest::Response;
use serde_json::{Value, json};

use crate::{
    receiver::Receiver,
    support::{START, TestClock, decode, get_json, http, introspect, is_active},
};

const CLIENT_CREDENTIALS: (&str, &str) = ("grant_type", "client_credentials");

struct Ground {
    receiver: Receiver,
    clock: TestClock,
    server: Arc<AuthorizationServer>,
}

impl Ground {
    async fn start() -> Self {
        let receiver = Receiver::start().await;
        let clock = TestClock::new();
        let server = AuthorizationServer::builder()
            .clock(clock.as_function())
            .client("orders-api", "orders-secret")
            .add_client(receiver.client("canary").refresh_tokens())
            .add_client(receiver.client("shop"))
            .add_client(Client::new("plain", "secret"))
            .start()
            .await
            .unwrap();
        Self {
            receiver,
            clock,
            server: Arc::new(server),
        }
    }

    async fn post(&self, endpoint: Endpoint, client: &str, form: &[(&str, &str)]) -> Response {
        let request = http()
            .post(self.server.url(endpoint))
            .basic_auth(client, Some("secret"));
        request.form(form).send().await.unwrap()
    }

    async fn tokens(&self, client: &str, form: &[(&str, &str)]) -> Value {
        let answer = self.post(Endpoint::Token, client, form).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["cache-control"], "no-store");
        answer.json().await.unwrap()
    }

    async fn refresh(&self, client: &str, token: &str) -> Value {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        let answer = self.post(Endpoint::Token, client, &form).await;
        answer.json().await.unwrap()
    }

    async fn log_out(&self, client: &str, token: &str) -> Response {
        self.post(Endpoint::Logout, client, &[("refresh_token", token)])
            .await
    }
}

fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name].as_str().unwrap()
}

fn refused(description: &str) -> Value {
    json!({"error": "invalid_grant", "error_description": description})
}

#[tokio::test]
async fn client_credentials_have_a_session_where_the_client_refreshes() {
    let ground = Ground::start().await;
    let answer = ground.tokens("canary", &[CLIENT_CREDENTIALS]).await;
    assert_eq!(answer["refresh_expires_in"], 1800);
    let (_, access) = decode(text(&answer, "access_token"));
    let (header, refresh) = decode(text(&answer, "refresh_token"));
    assert_eq!(access["sid"], answer["session_state"]);
    assert_eq!(header["alg"], "HS512");
    let mut expected = json!({
        "exp": START + 1800,
        "iat": START,
        "iss": ground.server.issuer(),
        "aud": ground.server.issuer(),
        "sub": "service-account-canary",
        "typ": "Refresh",
        "azp": "canary",
        "sid": access["sid"],
        "scope": "profile email",
    });
    expected["jti"] = refresh["jti"].clone();
    assert_eq!(refresh, expected);
    // It is no access token.
    let answer = introspect(&ground.server, text(&answer, "refresh_token")).await;
    assert_eq!(answer, json!({"active": false}));

    let again = ground.tokens("canary", &[CLIENT_CREDENTIALS]).await;
    assert_ne!(again["session_state"], access["sid"]);
    let plain = ground.tokens("plain", &[CLIENT_CREDENTIALS]).await;
    assert!(plain.get("refresh_token").is_none());
    assert!(plain.get("session_state").is_none());
    assert!(decode(text(&plain, "access_token")).1.get("sid").is_none());
}

#[tokio::test]
async fn a_refresh_gives_a_new_token_of_the_same_session() {
    let ground = Ground::start().await;
    let first = ground.tokens("canary", &[CLIENT_CREDENTIALS]).await;
    ground.clock.advance(60);
    let second = ground
        .refresh("canary", text(&first, "refresh_token"))
        .await;
    let third = ground
        .refresh("canary", text(&second, "refresh_token"))
        .await;
    let again = ground
        .refresh("canary", text(&first, "refresh_token"))
        .await;
    let (_, old) = decode(text(&first, "access_token"));
    for answer in [&second, &third, &again] {
        let (_, new) = decode(text(answer, "access_token"));
        assert_eq!(new["iat"], START + 60);
        assert_ne!(new["jti"], old["jti"]);
        for claim in ["sid", "sub", "azp", "client_id", "aud", "scope"] {
            assert_eq!(new[claim], old[claim], "{claim}");
        }
        assert!(is_active(&ground.server, text(answer, "access_token")).await);
        assert_eq!(answer["session_state"], old["sid"]);
    }
    let (_, refresh) = decode(text(&second, "refresh_token"));
    assert_eq!(refresh["exp"], START + 60 + 1800);

    let alice = ground.server.login("alice");
    let answer = ground.refresh("shop", &alice.refresh_token("shop")).await;
    let (_, hers) = decode(text(&answer, "access_token"));
    assert_eq!(
        (&hers["sub"], &hers["sid"], &hers["azp"]),
        (&json!("alice"), &json!(alice.id()), &json!("shop"))
    );
    assert!(hers.get("client_id").is_none());
    ground
        .server
        .add_client(Client::new("shop", "secret").token_format(TokenFormat::Opaque));
    let answer = ground.refresh("shop", text(&answer, "refresh_token")).await;
    let opaque = introspect(&ground.server, text(&answer, "access_token")).await;
    assert_eq!(opaque["sid"], alice.id());
}

#[tokio::test]
async fn a_refresh_token_is_refused_in_the_words_of_keycloak() {
    let ground = Ground::start().await;
    let answer = ground.tokens("canary", &[CLIENT_CREDENTIALS]).await;
    let good = text(&answer, "refresh_token");
    let access = text(&answer, "access_token");
    for unknown in ["x", "a.b.c", access] {
        let invalid = refused("Invalid refresh token");
        assert_eq!(ground.refresh("canary", unknown).await, invalid);
        let answer = ground.log_out("canary", unknown).await;
        assert_eq!(answer.status(), 400);
        assert_eq!(answer.json::<Value>().await.unwrap(), invalid);
    }
    let foreign = refused("Invalid refresh token. Token client and authorized client don't match");
    assert_eq!(ground.refresh("shop", good).await, foreign);
    let answer = ground.log_out("shop", good).await;
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.json::<Value>().await.unwrap(), foreign);

    let none = json!({"error": "invalid_request", "error_description": "No refresh token"});
    let form = [("grant_type", "refresh_token")];
    let answer = ground.post(Endpoint::Token, "canary", &form).await;
    assert_eq!(answer.json::<Value>().await.unwrap(), none);
    let answer = ground.post(Endpoint::Logout, "canary", &[]).await;
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.json::<Value>().await.unwrap(), none);

    let request = http().post(ground.server.url(Endpoint::Logout));
    let wrong = request.basic_auth("canary", Some("wrong"));
    let answer = wrong.form(&[("refresh_token", good)]).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let page = http().get(ground.server.url(Endpoint::Logout));
    assert_eq!(page.send().await.unwrap().status(), 405);
    assert!(ground.receiver.requests().is_empty());
    assert!(is_active(&ground.server, access).await);

    let now = ground.server.now();
    let second = Duration::from_secs(1);
    ground.server.set_client_not_before("canary", now + second);
    assert_eq!(ground.refresh("canary", good).await, refused("Stale token"));
    ground.server.set_client_not_before("canary", now);
    ground.server.disable_user("service-account-canary");
    assert_eq!(
        ground.refresh("canary", good).await,
        refused("User disabled")
    );
    ground.server.enable_user("service-account-canary");
    ground.clock.advance(1799);
    assert!(ground.refresh("canary", good).await["access_token"].is_string());
    ground.clock.advance(1);
    let expired = refused("Token is not active");
    assert_eq!(ground.refresh("canary", good).await, expired);
}

#[tokio::test]
async fn a_logout_tells_first_and_ends_then() {
    let ground = Ground::start().await;
    let answer = ground.tokens("canary", &[CLIENT_CREDENTIALS]).await;
    let other = ground.tokens("canary", &[CLIENT_CREDENTIALS]).await;
    let (access, refresh) = (
        text(&answer, "access_token"),
        text(&answer, "refresh_token"),
    );
    let ends = ground.server.hold_session_end();
    let logout = ground.log_out("canary", refresh);
    tokio::pin!(logout);
    tokio::select! {
        () = ends.wait_for(1) => {}
        answer = &mut logout => panic!("{answer:?}"),
    }
    let [notice] = ground.receiver.logout_tokens().try_into().unwrap();
    assert_eq!(decode(&notice).1["sid"], answer["session_state"]);
    assert_eq!(decode(&notice).1["sub"], "service-account-canary");
    assert!(is_active(&ground.server, access).await);
    let meanwhile = ground.refresh("canary", refresh).await;
    assert_eq!(meanwhile["session_state"], answer["session_state"]);
    ends.release();
    let ended = logout.await;
    assert_eq!(ended.status(), 204);
    assert_eq!(ended.headers()["cache-control"], "no-cache");
    for token in [access, text(&meanwhile, "access_token")] {
        assert!(!is_active(&ground.server, token).await);
    }
    assert!(is_active(&ground.server, text(&other, "access_token")).await);

    let over = refused("Session not active");
    for token in [refresh, text(&meanwhile, "refresh_token")] {
        assert_eq!(ground.refresh("canary", token).await, over);
        assert_eq!(ground.log_out("canary", token).await.status(), 204);
    }
    assert_eq!(ground.receiver.requests().len(), 1);
    assert_eq!(ground.server.request_count(Endpoint::Logout), 3);
}

#[tokio::test]
async fn a_logout_goes_on_when_its_client_goes_away() {
    let ground = Ground::start().await;
    let alice = ground.server.login("alice");
    let refresh = alice.refresh_token("shop");
    let token = alice.token().jwt();
    let notices = ground.receiver.hold();
    let ends = ground.server.hold_session_end();
    {
        let logout = ground.log_out("shop", &refresh);
        tokio::pin!(logout);
        tokio::select! {
            () = notices.wait_for(1) => {}
            answer = &mut logout => panic!("{answer:?}"),
        }
    }
    notices.release();
    // A deadline, because a logout that was given up would never come here.
    let arrival = tokio::time::timeout(Duration::from_secs(30), ends.wait_for(1));
    arrival.await.unwrap();
    assert!(is_active(&ground.server, &token).await);
    ends.release();
    ends.wait_until_empty().await;
    assert!(!is_active(&ground.server, &token).await);
}

#[tokio::test]
async fn a_revoked_refresh_token_ends_the_session_for_its_client_alone() {
    let ground = Ground::start().await;
    let alice = ground.server.login("alice");
    let refresh = alice.refresh_token("shop");
    let shop = alice.token().client("shop").jwt();
    let canary = alice.token().client("canary").jwt();
    let revoke = async |client: &str| {
        let form = [("token", refresh.as_str())];
        ground.post(Endpoint::Revocation, client, &form).await
    };
    let foreign = revoke("canary").await;
    assert_eq!(foreign.status(), 400);
    assert!(is_active(&ground.server, &shop).await);
    assert_eq!(revoke("shop").await.status(), 200);
    assert!(!is_active(&ground.server, &shop).await);
    assert!(is_active(&ground.server, &canary).await);
    assert_eq!(
        ground.refresh("shop", &refresh).await,
        refused("Session not active")
    );
    alice.log_out().await;
    assert_eq!(ground.receiver.targets(), ["/canary"]);
}

#[tokio::test]
async fn the_document_names_what_there_is_for_logouts() {
    let ground = Ground::start().await;
    let document = get_json(ground.server.url(Endpoint::Discovery)).await;
    assert_eq!(
        document["end_session_endpoint"],
        ground.server.url(Endpoint::Logout)
    );
    assert_eq!(document["backchannel_logout_supported"], true);
    assert_eq!(document["backchannel_logout_session_supported"], true);
    assert_eq!(
        document["grant_types_supported"],
        json!(["client_credentials", "refresh_token"])
    );
}
