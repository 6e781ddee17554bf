use portcullis::{ClientAuthentication, ClientCertificate, ReqwestClient};
use portcullis_keycloak_suite::Authority;
use serde_json::json;

use super::{SECRET, Scene};
use crate::{environment::run, service::Service};

#[test]
fn tls_client_auth() {
    run(async |env| {
        let id = "authenticates-tls";
        let client = json!({
            "clientAuthenticatorType": "client-x509",
            "attributes": {
                "x509.subjectdn": Authority::subject(id),
                "x509.casubjectdn": Authority::subject("Authority"),
                // Unless this is said the subject is a pattern, for a DN that is written otherwise.
                "x509.allow.regex.pattern.comparison": "false",
            },
        });
        env.resource_server(id, client).await;
        let (own, other, stranger, root) = {
            let server = env.server.lock().await;
            let authority = server.authority();
            (
                authority.client(id).unwrap(),
                authority.client("somebody-else").unwrap(),
                Authority::new().unwrap().client(id).unwrap(),
                authority.pem().to_owned(),
            )
        };
        let scene = Scene::over_tls(env, id).await;
        let issuer = |certificate: Option<&str>| {
            let mut http = ReqwestClient::builder().root_certificate(&root);
            if let Some(pem) = certificate {
                http = http.client_certificate(ClientCertificate::from_pem(pem).unwrap());
            }
            let client = ClientAuthentication::tls_client_auth(id).unwrap();
            scene.issuer(&client).http_client(http.build().unwrap())
        };
        scene.assert_taken_by(issuer(Some(&own))).await;
        scene.assert_our_fault_by(issuer(Some(&other))).await;
        scene.assert_our_fault_by(issuer(None)).await;
        // One whom Keycloak does not trust cannot even say who it is.
        let service = Service::asking(issuer(Some(&stranger)).build().unwrap().hybrid());
        let reply = service.pay(&scene.tokens.access).await;
        reply.assert_unavailable();
    });
}

#[test]
fn the_issuer_of_a_token_is_the_address_it_was_asked_for_at() {
    run(async |env| {
        let id = "authenticates-elsewhere";
        let client = json!({ "secret": SECRET });
        let http = env.resource_server(id, client).await;
        let scene = Scene::over_tls(env, id).await;
        let form = [
            ("client_id", id),
            ("client_secret", SECRET),
            ("token", &http.access),
        ];
        let (_, answer) = scene
            .realm
            .introspect_by_hand("application/json", &form)
            .await
            .unwrap();
        assert_eq!(answer, json!({ "active": false }));
        let metadata = scene.realm.metadata().await.unwrap();
        assert_eq!(metadata["issuer"], scene.realm.issuer());
        let aliases = &metadata["mtls_endpoint_aliases"];
        assert_eq!(
            aliases["introspection_endpoint"],
            scene.realm.introspection_endpoint()
        );
    });
}
