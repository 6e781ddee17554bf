use std::{net::SocketAddr, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::Command,
    time::timeout,
};

use crate::{
    folder::Folder,
    world::{World, assert_status, exchange},
};

const TEXT: &str = r#"
[forward_auth]
gateway = "nginx"
listen = "127.0.0.1:0"
[management]
listen = "127.0.0.1:0"
[notices]
listen = "127.0.0.1:0"
[issuer]
url = "https://id.example.com"
audience = ["a"]
logout_audiences = ["web"]
[[rules]]
path = "/**"
public = true
"#;

/// More of them than the process may have files open.
#[tokio::test]
async fn strangers_with_half_a_request_take_no_place_from_gateways() {
    let folder = Folder::new();
    let file = folder.write("gateway.toml", TEXT);
    let mut gateway = Command::new("sh")
        .args(["-c", "ulimit -n 256 && exec \"$0\" serve \"$1\""])
        .arg(env!("CARGO_BIN_EXE_portcullis-gateway"))
        .arg(&file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(gateway.stdout.take().unwrap()).lines();
    let mut addresses = Vec::new();
    for what in ["listening on ", "management on ", "notices on "] {
        let line = lines.next_line().await.unwrap().unwrap();
        let address: SocketAddr = line.strip_prefix(what).unwrap().parse().unwrap();
        addresses.push(address);
    }
    let mut strangers = Vec::new();
    for address in &addresses[1..] {
        for _ in 0..150 {
            let mut stranger = TcpStream::connect(address).await.unwrap();
            let half = b"POST /backchannel-logout HTTP/1.1\r\nHost: n\r\n";
            stranger.write_all(half).await.unwrap();
            strangers.push(stranger);
        }
    }
    let asked = async {
        let stream = TcpStream::connect(addresses[0]).await.unwrap();
        exchange(stream, &World::question("")).await
    };
    // Less than a stranger may take; without a place of its own it would wait for them.
    let reply = timeout(Duration::from_secs(4), asked).await;
    assert_status(&reply.expect("an answer"), 200);
}
