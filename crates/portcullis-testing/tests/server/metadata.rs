//! Discovery and keys.

use std::time::Duration;

use portcullis_testing::{
    AuthenticationMethod, AuthorizationServer, Endpoint, Rotation, SigningAlgorithm, WellKnown,
};
use serde_json::{Value, json};

use crate::support::{decode, get, get_json, http, published_key_ids};

#[tokio::test]
async fn both_documents_say_the_same_in_their_places() {
    let server = AuthorizationServer::start().await.unwrap();
    let origin = server.origin();
    assert_eq!(server.issuer(), format!("{origin}/realms/test"));
    let appended = format!("{origin}/realms/test/.well-known/openid-configuration");
    let inserted = format!("{origin}/.well-known/oauth-authorization-server/realms/test");
    assert_eq!(
        server.well_known_url(WellKnown::OpenIdConfiguration),
        appended
    );
    assert_eq!(
        server.well_known_url(WellKnown::OAuthAuthorizationServer),
        inserted
    );
    let document = get_json(&appended).await;
    assert_eq!(document, get_json(&inserted).await);
    assert_eq!(document["issuer"], server.issuer());
    assert_eq!(
        document["introspection_endpoint"],
        server.url(Endpoint::Introspection)
    );
    assert_eq!(document["jwks_uri"], server.url(Endpoint::Jwks));
    assert_eq!(server.request_count(Endpoint::Discovery), 2);
}

#[tokio::test]
async fn a_document_can_be_patched_or_switched_off() {
    let server = AuthorizationServer::start().await.unwrap();
    let openid = server.well_known_url(WellKnown::OpenIdConfiguration);
    server.patch_discovery(
        &json!({"issuer": "https://evil.example", "introspection_endpoint": null}),
    );
    server.patch_discovery(&json!({"jwks_uri": "http://198.51.100.1/keys"}));
    let document = get_json(&openid).await;
    assert_eq!(document["issuer"], "https://evil.example");
    assert_eq!(document["jwks_uri"], "http://198.51.100.1/keys");
    assert!(document.get("introspection_endpoint").is_none());
    server.reset_discovery();
    assert_eq!(get_json(&openid).await["issuer"], server.issuer());

    server.serve_well_known(WellKnown::OpenIdConfiguration, false);
    assert_eq!(get(&openid).await.status(), 404);
    let oauth = server.well_known_url(WellKnown::OAuthAuthorizationServer);
    assert_eq!(get(&oauth).await.status(), 200);
    assert_eq!(get(server.origin()).await.status(), 404);
    assert_eq!(server.request_count(Endpoint::Other), 1);
}

#[tokio::test]
async fn the_document_names_the_authentication_methods_on_offer() {
    let server = AuthorizationServer::start().await.unwrap();
    let document = async || get_json(server.url(Endpoint::Discovery)).await;
    let all = document().await;
    server.set_authentication_methods([
        AuthenticationMethod::ClientSecretBasic,
        AuthenticationMethod::ClientSecretJwt,
    ]);
    let some = document().await;
    server.set_authentication_methods([AuthenticationMethod::ClientSecretPost]);
    let one = document().await;
    for endpoint in ["token", "introspection", "revocation"] {
        let methods = format!("{endpoint}_endpoint_auth_methods_supported");
        let algorithms = format!("{endpoint}_endpoint_auth_signing_alg_values_supported");
        let names = [
            "client_secret_basic",
            "client_secret_post",
            "client_secret_jwt",
            "private_key_jwt",
        ];
        assert_eq!(all[&methods], json!(names));
        let every: Vec<&str> = SigningAlgorithm::ALL
            .iter()
            .map(|each| each.name())
            .collect();
        assert_eq!(all[&algorithms], json!(every));
        assert_eq!(
            some[&methods],
            json!(["client_secret_basic", "client_secret_jwt"])
        );
        assert_eq!(some[&algorithms], json!(["HS256", "HS384", "HS512"]));
        assert_eq!(one[&methods], json!(["client_secret_post"]));
        assert!(one.get(&algorithms).is_none());
    }
}

#[tokio::test]
async fn an_issuer_may_be_a_root_have_a_slash_or_be_elsewhere() {
    let root = AuthorizationServer::builder()
        .issuer_path("")
        .start()
        .await
        .unwrap();
    assert_eq!(root.issuer(), root.origin());
    let slash = AuthorizationServer::builder()
        .issuer_path("/tenant/")
        .start()
        .await
        .unwrap();
    assert_eq!(slash.issuer(), format!("{}/tenant/", slash.origin()));
    let elsewhere = AuthorizationServer::builder()
        .issuer("https://id.example/r")
        .start()
        .await
        .unwrap();
    assert_eq!(elsewhere.issuer(), "https://id.example/r");
    for server in [&root, &slash, &elsewhere] {
        for document in [
            WellKnown::OpenIdConfiguration,
            WellKnown::OAuthAuthorizationServer,
        ] {
            assert_eq!(
                get_json(server.well_known_url(document)).await["issuer"],
                server.issuer()
            );
        }
        assert_eq!(decode(&server.token().jwt()).1["iss"], server.issuer());
        assert_eq!(get(server.url(Endpoint::Jwks)).await.status(), 200);
    }
}

#[tokio::test]
async fn the_key_set_has_every_kind_of_key_and_nothing_private() {
    let server = AuthorizationServer::start().await.unwrap();
    let set = get_json(server.url(Endpoint::Jwks)).await;
    let keys = set["keys"].as_array().unwrap();
    let mut kinds: Vec<_> = keys
        .iter()
        .map(|key| {
            (
                key["alg"].as_str().unwrap(),
                key["use"].as_str().unwrap(),
                key["kty"].as_str().unwrap(),
            )
        })
        .collect();
    kinds.sort_unstable();
    let expected = [
        ("ES256", "sig", "EC"),
        ("ES384", "sig", "EC"),
        ("EdDSA", "sig", "OKP"),
        ("PS256", "sig", "RSA"),
        ("RS256", "sig", "RSA"),
        ("RSA-OAEP", "enc", "RSA"),
    ];
    assert_eq!(kinds, expected);
    for key in keys {
        assert!(key.get("d").is_none() && key.get("k").is_none());
    }
    let parsed: jsonwebtoken::jwk::JwkSet = serde_json::from_value(set).unwrap();
    assert_eq!(parsed.keys.len(), 6);
}

#[tokio::test]
async fn a_rotation_signs_with_the_new_key_at_once() {
    let server = AuthorizationServer::start().await.unwrap();
    let first = server.signing_key(SigningAlgorithm::ES256);
    let second = server.rotate(SigningAlgorithm::ES256, Rotation::KeepOld);
    let (header, _) = decode(&server.token().algorithm(SigningAlgorithm::ES256).jwt());
    assert_eq!(header["kid"], second.key_id());
    let published = published_key_ids(&server).await;
    assert!(
        published.contains(&first.key_id().to_owned())
            && published.contains(&second.key_id().to_owned())
    );

    let third = server.rotate(SigningAlgorithm::ES256, Rotation::DropOld);
    let published = published_key_ids(&server).await;
    assert!(published.contains(&third.key_id().to_owned()));
    assert!(
        !published.contains(&first.key_id().to_owned())
            && !published.contains(&second.key_id().to_owned())
    );
    assert_eq!(published.len(), 6);
}

#[tokio::test]
async fn a_key_can_be_removed_patched_and_joined_by_garbage() {
    let server = AuthorizationServer::start().await.unwrap();
    let key = server.signing_key(SigningAlgorithm::RS256);
    assert!(server.remove_key(key.key_id()));
    assert!(!server.remove_key("unknown"));
    assert!(
        !published_key_ids(&server)
            .await
            .contains(&key.key_id().to_owned())
    );
    let (header, _) = decode(&server.token().jwt());
    assert_eq!(header["kid"], key.key_id());

    assert!(server.publish_key(key.key_id()));
    assert!(server.patch_jwk(key.key_id(), &json!({"alg": null, "key_ops": ["sign"]})));
    server.add_jwk(json!("garbage"));
    let set = get_json(server.url(Endpoint::Jwks)).await;
    assert_eq!(set, server.jwks());
    let keys = set["keys"].as_array().unwrap();
    let patched = keys.iter().find(|jwk| jwk["kid"] == key.key_id()).unwrap();
    assert!(patched.get("alg").is_none());
    assert_eq!(patched["key_ops"], json!(["sign"]));
    assert_eq!(keys.last(), Some(&json!("garbage")));
    server.clear_added_jwks();
    assert_eq!(server.jwks()["keys"].as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn living_servers_share_no_key() {
    let (one, two) = tokio::join!(AuthorizationServer::start(), AuthorizationServer::start());
    let (one, two) = (one.unwrap(), two.unwrap());
    let mut seen = Vec::new();
    for server in [&one, &two] {
        for algorithm in [SigningAlgorithm::RS256, SigningAlgorithm::PS256] {
            seen.push(server.signing_key(algorithm).public_key_der());
        }
        seen.push(server.encryption_key().public_key_der());
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 6);
}

#[tokio::test]
async fn a_key_set_that_may_be_kept_can_be_revalidated() {
    let server = AuthorizationServer::start().await.unwrap();
    let ask = async |tag: Option<&str>| {
        let request = http().get(server.url(Endpoint::Jwks));
        let request = match tag {
            Some(tag) => request.header("if-none-match", tag),
            None => request,
        };
        request.send().await.unwrap()
    };
    let plain = ask(Some("*")).await;
    assert_eq!(plain.status(), 200);
    for name in ["etag", "cache-control"] {
        assert!(plain.headers().get(name).is_none(), "{name}");
    }

    server.set_jwks_caching(Some(Duration::from_secs(90)));
    let first = ask(None).await;
    assert_eq!(first.status(), 200);
    assert_eq!(first.headers()["cache-control"], "max-age=90");
    let tag = first.headers()["etag"].to_str().unwrap().to_owned();
    for known in [&tag, &format!("\"x\", W/{tag}"), "*"] {
        let same = ask(Some(known)).await;
        assert_eq!(same.status(), 304, "{known}");
        assert_eq!(same.headers()["etag"], tag.as_str());
        assert_eq!(same.headers()["cache-control"], "max-age=90");
        assert_eq!(same.bytes().await.unwrap(), "");
    }
    assert_eq!(ask(Some("\"x\"")).await.status(), 200);

    server.rotate(SigningAlgorithm::ES256, Rotation::KeepOld);
    let changed = ask(Some(&tag)).await;
    assert_eq!(changed.status(), 200);
    assert_ne!(changed.headers()["etag"], tag.as_str());
    assert_eq!(changed.json::<Value>().await.unwrap(), server.jwks());
    server.set_jwks_caching(None);
    assert!(ask(None).await.headers().get("etag").is_none());
}
