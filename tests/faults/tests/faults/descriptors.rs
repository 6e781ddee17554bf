//! A process that has as many files and connections open as it may.

use std::net::Ipv4Addr;

use portcullis_faults_suite::{Replica, ReplicaSettings, Way};
use portcullis_real_servers::http_client;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::{
    environment::{eventually, run},
    service::{OK, UNAUTHORIZED, UNAVAILABLE},
};

/// As many as it may have open.
const MOST: u64 = 40;
/// More than that, so that those who have left make room for others of the kind.
const CROWD: usize = 120;

#[test]
fn without_descriptors_nobody_is_let_in_unjudged_and_with_them_all_is_well_again() {
    run(async |env| {
        let limited = format!("ulimit -n {MOST} && exec \"$0\"");
        let settings = ReplicaSettings {
            program: env!("CARGO_BIN_EXE_faults-service").into(),
            issuer: env.realm.issuer().to_owned(),
            variables: Vec::new(),
            wrapper: vec!["sh".into(), "-c".into(), limited],
        };
        let mut replica = Replica::start(settings).await.unwrap();
        let (_, good) = env.logged_in("descriptors").await;
        let forged = format!("{}AA", good.access);
        let http = http_client().unwrap();
        let ask = async |way: Way, token: &str| {
            let url = format!("{}{}", replica.base_url(), way.path());
            let answer = http.get(url).bearer_auth(token).send().await;
            answer.ok().map(|answer| answer.status())
        };
        // Judged without a call, and the connection stays.
        assert_eq!(ask(Way::Local, "not-a-jwt").await, Some(UNAUTHORIZED));

        let mut crowd = Vec::new();
        for _ in 0..CROWD {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, replica.port()))
                .await
                .unwrap();
            stream.write_all(b"GET /local HTTP/1.1\r\n").await.unwrap();
            crowd.push(stream);
        }
        eventually("a process without descriptors", async || {
            replica.held().unwrap().descriptors >= MOST - 1
        })
        .await;
        // Neither its keys nor anybody who could be asked is there.
        let first = ask(Way::Local, &good.access).await;
        assert!([None, Some(UNAVAILABLE)].contains(&first), "{first:?}");
        for way in [Way::Live, Way::Cached, Way::Hybrid] {
            let status = ask(way, &forged).await;
            assert_ne!(status, Some(OK), "{way:?}");
            let status = ask(way, &good.access).await;
            assert_ne!(status, Some(UNAUTHORIZED), "{way:?}");
        }
        drop(crowd);
        eventually("a recovery", async || {
            for way in Way::ALL {
                assert_ne!(ask(way, &forged).await, Some(OK), "{way:?}");
            }
            for way in Way::ALL {
                let status = ask(way, &good.access).await;
                assert_ne!(status, Some(UNAUTHORIZED), "{way:?}");
                if status != Some(OK) {
                    return false;
                }
            }
            true
        })
        .await;
        assert!(replica.is_running());
        assert!(replica.held().unwrap().descriptors < MOST);
    });
}
