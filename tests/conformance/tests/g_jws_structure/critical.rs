use portcullis_conformance::LocalWorld;

use super::header_with;

async fn refuses_header(local: &LocalWorld, members: &str) {
    let header = header_with(local, &format!(",{members}"));
    let token = local.server().token().raw_header(header).jwt();
    local.refuses_unasked(&token, members).await;
}

#[tokio::test]
async fn g13_a_crit_that_is_not_understood_is_refused() {
    let local = LocalWorld::start().await;
    let header = header_with(&local, r#","x":"1""#);
    let token = local.server().token().raw_header(header).jwt();
    local.accepts(&token, "the extension without `crit`").await;
    for members in [
        r#""crit":["x"],"x":"1""#,
        r#""crit":["x"],"x":1"#,
        r#""crit":["exp"],"exp":1700000300"#,
        r#""crit":["x","y"],"x":1,"y":2"#,
    ] {
        refuses_header(&local, members).await;
    }
}

#[tokio::test]
async fn g13_a_malformed_crit_is_refused() {
    let local = LocalWorld::start().await;
    for members in [
        r#""crit":[]"#,
        r#""crit":"exp""#,
        r#""crit":[1]"#,
        r#""crit":["alg"]"#,
        r#""crit":["kid"]"#,
        r#""crit":["absent"]"#,
        r#""crit":["x","x"],"x":1"#,
        r#""crit":null"#,
        r#""crit":{}"#,
        r#""crit":true"#,
        r#""crit":"""#,
        r#""cr\u0069t":["x"],"x":1"#,
    ] {
        refuses_header(&local, members).await;
    }
}

#[tokio::test]
async fn g14_an_unencoded_payload_is_refused() {
    let local = LocalWorld::start().await;
    for members in [
        r#""crit":["b64"],"b64":false"#,
        r#""b64":false"#,
        r#""b64":"false""#,
        r#""b64":0"#,
        r#""b64":null"#,
    ] {
        refuses_header(&local, members).await;
    }
}

#[tokio::test]
async fn g15_even_a_crit_that_changes_nothing_is_refused() {
    let local = LocalWorld::start().await;
    let header = header_with(&local, r#","b64":true"#);
    let token = local.server().token().raw_header(header).jwt();
    local
        .accepts(&token, "`b64` with its default and no `crit`")
        .await;
    refuses_header(&local, r#""crit":["b64"],"b64":true"#).await;
}
