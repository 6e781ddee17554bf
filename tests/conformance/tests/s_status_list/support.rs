//! An issuer with one status list, and a service that looks into it.

use std::io::Write;

use flate2::{Compression, write::ZlibEncoder};
use portcullis::{IssuerBuilder, StatusLists};
use portcullis_conformance::{LocalWorld, T0, base64url};
use portcullis_testing::{Answer, Endpoint, Fault, SigningAlgorithm, TokenBuilder};
use serde_json::{Value, json};

pub(crate) const MEDIA_TYPE: &str = "application/statuslist+jwt";

pub(crate) struct Listed {
    pub(crate) local: LocalWorld,
}

impl Listed {
    pub(crate) async fn start() -> Self {
        Self::with(|realm| realm).await
    }

    /// With settings of the test's own.
    pub(crate) async fn with(settings: impl FnOnce(IssuerBuilder) -> IssuerBuilder) -> Self {
        let lists = StatusLists::at_issuer();
        let local = LocalWorld::with(|realm| settings(realm.status_lists(lists))).await;
        Self { local }
    }

    /// The address of the list.
    pub(crate) fn uri(&self) -> String {
        format!("{}/statuslists/1", self.local.server().origin())
    }

    /// A list of these statuses, a bit each, the first in the lowest bit: its claims.
    pub(crate) fn list(&self, bytes: &[u8]) -> Value {
        self.packed(1, &packed(bytes))
    }

    /// The same of what is packed already. It is newer than the tokens of the beginning.
    pub(crate) fn packed(&self, bits: u8, packed: &[u8]) -> Value {
        json!({
            "sub": self.uri(), "iat": T0 + 1, "ttl": 60,
            "status_list": {"bits": bits, "lst": base64url(packed)},
        })
    }

    /// A well-signed list with these claims.
    pub(crate) fn signed(&self, claims: &Value) -> String {
        self.signed_as("statuslist+jwt", claims)
    }

    /// The same with another `typ`.
    pub(crate) fn signed_as(&self, typ: &str, claims: &Value) -> String {
        let key = self.local.server().signing_key(SigningAlgorithm::RS256);
        let header = json!({"alg": "RS256", "typ": typ, "kid": key.key_id()});
        key.sign_raw(header.to_string(), claims.to_string())
    }

    /// Publishes a list with these claims, and no other.
    pub(crate) fn publish(&self, claims: &Value) {
        self.answer(document(self.signed(claims)));
    }

    /// Lets the list's address answer this from now on.
    pub(crate) fn answer(&self, answer: Answer) {
        self.fail(Fault::answer(answer));
    }

    /// The same with a fault.
    pub(crate) fn fail(&self, fault: Fault) {
        self.local.server().clear_faults(Endpoint::Other);
        self.local.server().inject(Endpoint::Other, fault);
    }

    /// How often the list was fetched, or something else was.
    pub(crate) fn fetches(&self) -> usize {
        self.local.server().request_count(Endpoint::Other)
    }

    /// A token whose status stands at this place of the list.
    pub(crate) fn token(&self, index: impl Into<Value>) -> TokenBuilder {
        self.referring(json!({"status_list": {"idx": index.into(), "uri": self.uri()}}))
    }

    /// A token with this `status`.
    pub(crate) fn referring(&self, status: Value) -> TokenBuilder {
        self.local.server().token().claim("status", status)
    }
}

/// A list as it is sent.
pub(crate) fn document(list: impl Into<Vec<u8>>) -> Answer {
    Answer::new(200)
        .header("content-type", MEDIA_TYPE)
        .body(list)
}

/// A zlib stream of these bytes.
pub(crate) fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
