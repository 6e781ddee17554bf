//! The template with the realm and the variables that its README gives.

use portcullis_keycloak_suite::{Example, Realm, Settings, Template, User, until};
use portcullis_real_servers::free_port;
use reqwest::StatusCode;

use crate::environment::{
    CANARY, ORDERS_API, SHOP_WEB, SOON, assert_invalid_token, assert_status, orders, run,
};

const REALM: &str = include_str!("../../../../../examples/axum-instant-logout/realm.json");

#[test]
fn the_realm_of_the_readme_tells_the_template_of_a_logout_and_of_its_canary() {
    run(async |env| {
        let port = free_port().unwrap();
        let document = REALM.replace("127.0.0.1:3000", &format!("127.0.0.1:{port}"));
        let document = serde_json::from_str(&document).unwrap();
        let server = env.server.lock().await;
        let admin = server.admin().unwrap();
        let admin = admin.import_realm("readme", document).await.unwrap();
        let realm = Realm::new(&server, "readme").unwrap();
        drop(server);

        let variables = vec![
            ("LOGOUT_AUDIENCES", SHOP_WEB.id.to_owned()),
            ("CANARY_CLIENT_ID", CANARY.id.to_owned()),
            ("CANARY_CLIENT_SECRET", CANARY.secret.unwrap().to_owned()),
        ];
        let example = Example::start(Settings {
            template: Template::InstantLogout,
            issuer: realm.issuer(),
            audience: ORDERS_API.id,
            client_id: ORDERS_API.id,
            client_secret: ORDERS_API.secret.unwrap(),
            variables,
            port: Some(port),
        });
        let example = example.await.unwrap();
        until("the canary's notice", SOON, async || {
            Ok((notices(&example).await == 1.0).then_some(()))
        })
        .await
        .unwrap();

        let alice = User {
            id: String::new(),
            name: "alice".to_owned(),
            password: "alice".to_owned(),
        };
        let tokens = realm.log_in(SHOP_WEB, &alice).await.unwrap();
        assert_status(&orders(&example, &tokens.access).await, StatusCode::OK);
        let refresh = tokens.refresh.as_deref().unwrap();
        realm.log_out(SHOP_WEB, refresh).await.unwrap();
        let refused = orders(&example, &tokens.access).await;
        assert_invalid_token(&refused);
        assert!(
            refused
                .challenge()
                .contains("The access token is not active")
        );
        assert_eq!(notices(&example).await, 2.0);
        let ready = example.managed("/readyz").await.unwrap();
        assert_eq!(ready.status, StatusCode::OK);
        assert!(ready.body.contains("\"ready\""), "{}", ready.body);
        admin.delete_realm().await.unwrap();
    });
}

async fn notices(example: &Example) -> f64 {
    let taken = |line: &str| line.contains("taken");
    let name = "portcullis_revocation_notices_total";
    example.metric(name, taken).await.unwrap()
}
