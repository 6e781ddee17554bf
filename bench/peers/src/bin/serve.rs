//! The route over HTTP, in one of the ways that `load` compares: `serve <way> <address of the
//! authorization server>`. Says on which port it listens, and ends with its input.

use std::{env, io::Read, thread};

use axum::{Router, serve::ListenerExt};
use portcullis_bench::{AuthorizationServer, Failure, bare_route};
use portcullis_bench_peers::{local, ours};
use tokio::{net::TcpListener, runtime::Builder};

fn main() -> Result<(), Failure> {
    let mut arguments = env::args().skip(1);
    let way = arguments.next().ok_or("which way?")?;
    let address = arguments.next().ok_or("which authorization server?")?;
    let server = AuthorizationServer {
        address: address.parse()?,
    };
    thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    // One thread: the other core is the client's.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let router = router(&way, &server).await?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        axum::serve(listener, router).await?;
        Ok(())
    })
}

async fn router(way: &str, server: &AuthorizationServer) -> Result<Router, Failure> {
    let issuer = ours::issuer(server)?;
    Ok(match way {
        "bare" => bare_route(),
        "local" => ours::local(&issuer),
        "introspected" => ours::introspected(&issuer),
        "hybrid" => ours::hybrid(&issuer),
        "tower-oauth2-resource-server" => {
            local::tower_oauth2_resource_server::router(server).await?
        }
        "oauth-resource-server" => local::oauth_resource_server::router(server).await?,
        other => return Err(format!("no such way: {other}").into()),
    })
}
