//! U5: a nonce for proofs (RFC 9449 §8) comes as metadata, as the challenge does that asks for it.

use portcullis::{AuthenticateLayer, Dpop, NonceKeys};
use portcullis_conformance::World;
use portcullis_testing::{DpopProofBuilder, SigningAlgorithm, SigningKey};
use serde_json::json;
use tonic::{Code, Request};

use crate::{
    called::{call, grpcurl},
    served::{Served, table, text},
};

/// The name that clients know the server under.
const API: &str = "https://api.example";
const WANTED: &str = "error=\"use_dpop_nonce\"";

/// A server that takes no proof without a nonce of its own, and the holder of a bound token.
struct Bound {
    world: World,
    served: Served,
    key: SigningKey,
    token: String,
}

async fn bound() -> Bound {
    let world = World::start().await;
    let issuer = world.realm().connect().await.unwrap();
    let nonces = NonceKeys::of_this_process().unwrap();
    let dpop = Dpop::at(API).unwrap().nonces(&nonces);
    let layer = AuthenticateLayer::grpc(issuer.jwt()).dpop(dpop);
    let served = Served::behind(table(), layer).await;
    let key = SigningKey::generate(SigningAlgorithm::ES256);
    let session = world.server.login("ali");
    let token = session.token();
    let token = token.claim("cnf", json!({"jkt": key.thumbprint()})).jwt();
    Bound {
        world,
        served,
        key,
        token,
    }
}

impl Bound {
    /// A proof for a call of `List`, without a nonce.
    fn proof(&self) -> DpopProofBuilder {
        let url = format!("{API}/shop.v1.Orders/List");
        let proof = self.world.server.dpop_proof(&self.key, "POST", &url);
        proof.token(&self.token)
    }
}

#[tokio::test]
async fn u5_a_nonce_is_metadata() {
    let bound = bound().await;
    let mut client = bound.served.client().await;
    let request = |proof: DpopProofBuilder| {
        let mut request = Request::new(text(""));
        let metadata = request.metadata_mut();
        let authorization = format!("DPoP {}", bound.token);
        metadata.insert("authorization", authorization.parse().unwrap());
        metadata.insert("dpop", proof.jwt().parse().unwrap());
        request
    };
    let refused = client.list(request(bound.proof())).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    let metadata = refused.metadata();
    let challenges: Vec<_> = metadata.get_all("www-authenticate").iter().collect();
    let asks =
        |value: &&tonic::metadata::AsciiMetadataValue| value.to_str().unwrap().contains(WANTED);
    assert_eq!(
        challenges.into_iter().filter(asks).count(),
        1,
        "{refused:?}"
    );
    let nonces: Vec<_> = metadata.get_all("dpop-nonce").iter().collect();
    assert_eq!(nonces.len(), 1, "{refused:?}");
    let proof = bound.proof().nonce(nonces[0].to_str().unwrap());
    let answer = client.list(request(proof)).await.unwrap();
    assert_eq!(answer.into_inner().text, "ali");
}

#[tokio::test]
async fn u5_grpcurl_is_told_a_nonce() {
    let Some(grpcurl) = grpcurl().await else {
        return;
    };
    let bound = bound().await;
    let called = async |proof: DpopProofBuilder| {
        let authorization = format!("authorization: DPoP {}", bound.token);
        let proof = format!("dpop: {}", proof.jwt());
        call(&grpcurl, &bound.served, "List", &[&authorization, &proof]).await
    };
    let refused = called(bound.proof()).await;
    refused.assert(16, &["Unauthenticated", WANTED]);
    let answered = called(bound.proof().nonce(refused.only("dpop-nonce"))).await;
    answered.assert(0, &["\"text\": \"ali\""]);
}
