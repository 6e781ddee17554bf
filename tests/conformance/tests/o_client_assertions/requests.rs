//! O7, O8: how an assertion stands in its request.

use http::header;

use crate::support::{ID, Keyed};

#[tokio::test]
async fn o7_an_assertion_stands_alone_in_its_request() {
    let keyed = Keyed::start().await;
    let request = keyed.asked(keyed.authentication()).await;
    assert_eq!(
        request.form_value("client_assertion_type").as_deref(),
        Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
    );
    assert!(!request.headers.contains_key(header::AUTHORIZATION));
    let names: Vec<_> = request.form().into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [
            "token",
            "client_id",
            "client_assertion_type",
            "client_assertion"
        ]
    );
    assert!(!request.target.contains("client_assertion"));
}

#[tokio::test]
async fn o8_the_client_id_beside_it_is_its_subject() {
    let keyed = Keyed::start().await;
    let request = keyed.asked(keyed.authentication()).await;
    assert_eq!(request.form_value("client_id").as_deref(), Some(ID));
    assert_eq!(crate::support::claims(&request)["sub"], ID);
}
