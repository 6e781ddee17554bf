//! Section U by grpcurl, which knows the interface from reflection alone.

use std::{process::Stdio, time::Duration};

use portcullis_conformance::{CLIENT_ID, World};
use portcullis_grpc_suite::Grpcurl;
use portcullis_testing::{Client, Endpoint, Fault};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{
    called::{CALL_FAILED, bearer, call, command, grpcurl},
    served::{Scene, wanting_gold},
};

/// U1 and U4: grpcurl takes a status from the headers of an answer with HTTP status 200, and
/// decodes the message.
#[tokio::test]
async fn u1_u2_u4_u5_a_rejection_is_a_status_with_its_message_and_its_challenge() {
    let Some(grpcurl) = grpcurl().await else {
        return;
    };
    let scene = Scene::start().await;
    let (clerk, nobody) = (bearer(&scene.clerk()), bearer(&scene.token()));
    let heard = call(&grpcurl, &scene.served, "List", &[&nobody]).await;
    heard.assert(0, &["\"text\": \"ali\""]);
    let missing = portcullis::Rejection::new(portcullis::Reason::MissingToken);
    let heard = call(&grpcurl, &scene.served, "List", &[]).await;
    heard.assert(
        16,
        &[
            "Unauthenticated",
            missing.description(),
            "www-authenticate: Bearer realm=",
        ],
    );
    let heard = call(
        &grpcurl,
        &scene.served,
        "List",
        &["authorization: Bearer bad"],
    )
    .await;
    heard.assert(16, &["error=\"invalid_token\""]);
    for method in ["Close", "Export", "Refund"] {
        call(&grpcurl, &scene.served, method, &[&clerk])
            .await
            .assert(0, &["ali"]);
        let heard = call(&grpcurl, &scene.served, method, &[&nobody]).await;
        heard.assert(7, &["PermissionDenied", "error=\"insufficient_scope\""]);
    }
    let heard = call(&grpcurl, &scene.served, "Forgotten", &[&clerk]).await;
    heard.assert(7, &["PermissionDenied"]);
}

#[tokio::test]
async fn u2_u9_a_server_that_is_down_is_unavailable_and_says_when_to_come_again() {
    let Some(grpcurl) = grpcurl().await else {
        return;
    };
    let scene = Scene::start().await;
    let clerk = bearer(&scene.clerk());
    for method in ["Pay", "Refund"] {
        let down = Fault::status(503).header("retry-after", "7").times(1);
        scene.world.server.inject(Endpoint::Introspection, down);
        let heard = call(&grpcurl, &scene.served, method, &[&clerk]).await;
        heard.assert(14, &["Unavailable", "grpc-retry-pushback-ms: 7000"]);
        scene.world.clock.advance(Duration::from_secs(8));
    }
    let client = Client::new(CLIENT_ID, "renewed");
    scene.world.server.add_client(client);
    let heard = call(&grpcurl, &scene.served, "Pay", &[&clerk]).await;
    heard.assert(13, &["Internal"]);
}

#[tokio::test]
async fn u2_a_login_that_has_to_be_better_is_unauthenticated() {
    let Some(grpcurl) = grpcurl().await else {
        return;
    };
    let world = World::start().await;
    let served = wanting_gold(&world).await;
    let plain = bearer(&world.server.token().jwt());
    let heard = call(&grpcurl, &served, "Forgotten", &[&plain]).await;
    let error = "error=\"insufficient_user_authentication\"";
    heard.assert(16, &["Unauthenticated", error]);
    let golden = bearer(&world.server.token().claim("acr", "gold").jwt());
    let heard = call(&grpcurl, &served, "Forgotten", &[&golden]).await;
    heard.assert(0, &["forgotten"]);
}

#[tokio::test]
async fn u6_one_ascii_authorization_entry_counts() {
    let Some(grpcurl) = grpcurl().await else {
        return;
    };
    let scene = Scene::start().await;
    let token = bearer(&scene.token());
    // "Bearer …" in base64, as binary metadata is written.
    let heard = call(
        &grpcurl,
        &scene.served,
        "List",
        &["authorization-bin: QmVhcmVyIGFiYw=="],
    )
    .await;
    heard.assert(16, &["Unauthenticated"]);
    let heard = call(&grpcurl, &scene.served, "List", &[&token, &token]).await;
    heard.assert(16, &["Unauthenticated"]);
}

/// A stream that grpcurl reads.
struct Reading {
    child: Child,
    lines: tokio::io::Lines<BufReader<tokio::process::ChildStdout>>,
}

async fn reading(grpcurl: &Grpcurl, scene: &Scene, method: &str, token: &str) -> Reading {
    let mut command = command(grpcurl, &scene.served, method, &[&bearer(token)]);
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    Reading { child, lines }
}

impl Reading {
    /// Says something and waits until grpcurl has heard it.
    async fn hears(&mut self, scene: &Scene, event: &str) {
        portcullis_conformance::until(|| scene.served.shop.open() == 1).await;
        scene.served.shop.events.send(event.to_owned()).unwrap();
        let said = format!("\"text\": \"{event}\"");
        while let Some(line) = self.lines.next_line().await.unwrap() {
            if line.contains(&said) {
                return;
            }
        }
        panic!("{event} was never heard");
    }
}

#[tokio::test]
async fn u7_a_stream_is_judged_once_or_ends_with_its_token() {
    let Some(grpcurl) = grpcurl().await else {
        return;
    };
    let scene = Scene::start().await;
    let session = scene.world.server.login("ali");
    let token = session.token().jwt();
    let mut follow = reading(&grpcurl, &scene, "Follow", &token).await;
    follow.hears(&scene, "begun").await;
    scene.world.clock.advance(Duration::from_secs(24 * 3600));
    follow.hears(&scene, "still here").await;
    follow.child.kill().await.unwrap();
    portcullis_conformance::until(|| scene.served.shop.open() == 0).await;

    let session = scene.world.server.login("ali");
    let token = session.token().jwt();
    let mut watch = reading(&grpcurl, &scene, "Watch", &token).await;
    watch.hears(&scene, "begun").await;
    scene.instance.hear_of(&session).await;
    let mut said = String::new();
    while let Some(line) = watch.lines.next_line().await.unwrap() {
        said.push_str(&line);
        said.push('\n');
    }
    let output = watch.child.wait_with_output().await.unwrap();
    said.push_str(&String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(CALL_FAILED + 16), "{said}");
    assert!(said.contains("www-authenticate: Bearer realm="), "{said}");
    portcullis_conformance::until(|| scene.served.shop.open() == 0).await;
}

#[tokio::test]
async fn u10_health_and_reflection_are_exempt() {
    let Some(grpcurl) = grpcurl().await else {
        return;
    };
    let scene = Scene::start().await;
    let mut check = Command::new(grpcurl.program());
    let address = scene.served.address.to_string();
    check.args([
        "-plaintext",
        "-d",
        "{}",
        &address,
        "grpc.health.v1.Health/Check",
    ]);
    let checked = check.output().await.unwrap();
    let checked = String::from_utf8(checked.stdout).unwrap();
    assert!(checked.contains("\"status\": \"SERVING\""), "{checked}");
    let mut list = Command::new(grpcurl.program());
    list.args(["-plaintext", &address, "list"]);
    let listed = list.output().await.unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    for service in ["shop.v1.Orders", "grpc.health.v1.Health"] {
        assert!(listed.contains(service), "{listed}");
    }
}
