use http::StatusCode;
use portcullis::Authenticator;
use portcullis_gateway::{Gate, forwarded::Peer};

use crate::world::{Gated, LOCAL, World, policy};

const PUBLIC: &str = "[[rules]]\npath = \"/**\"\npublic = true\n";

fn gate(world: &World, kind: &str, tables: &str) -> Gated {
    let verifier = world.realm().build().unwrap().hybrid();
    Gated {
        gate: Gate::new(policy(kind, tables), Authenticator::new(verifier)),
    }
}

#[tokio::test]
async fn only_who_is_trusted_is_believed() {
    let world = World::start().await;
    let gate = gate(&world, "nginx", PUBLIC);
    let lines = [("x-original-method", "GET"), ("x-original-uri", "/")];
    for (peer, status) in [
        (LOCAL, StatusCode::OK),
        (Peer::Socket, StatusCode::OK),
        (Peer::Certified, StatusCode::OK),
        (Peer::Address([10, 0, 0, 1].into()), StatusCode::FORBIDDEN),
    ] {
        let answer = gate.send(peer, &lines).await;
        assert_eq!(answer.status, status, "{peer:?}");
        answer.assert_nobody();
    }
}

#[tokio::test]
async fn what_is_asked_has_to_be_said_exactly_once() {
    let world = World::start().await;
    for (kind, method, target) in [
        ("nginx", "x-original-method", "x-original-uri"),
        ("traefik", "x-forwarded-method", "x-forwarded-uri"),
    ] {
        let gate = gate(&world, kind, PUBLIC);
        let good = [(method, "GET"), (target, "/")];
        assert_eq!(gate.send(LOCAL, &good).await.status, StatusCode::OK);
        let others = [
            ("x-original-method", "GET"),
            ("x-original-uri", "/"),
            ("x-forwarded-method", "GET"),
            ("x-forwarded-uri", "/"),
        ];
        let of_others: Vec<_> = others
            .into_iter()
            .filter(|(name, _)| *name != method && *name != target)
            .collect();
        for lines in [
            vec![],
            of_others,
            vec![good[0]],
            vec![good[1]],
            [&good[..], &good[..1]].concat(),
            [&good[..], &good[1..]].concat(),
            [&good[..], &[(target, "/other")]].concat(),
        ] {
            let answer = gate.send(LOCAL, &lines).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{lines:?}");
            answer.assert_nobody();
        }
    }
}

#[tokio::test]
async fn the_two_challenges_of_a_proof_are_one_header_for_nginx_alone() {
    let world = World::start().await;
    let rules = "[[rules]]\npath = \"/**\"\n";
    for (kind, lines, challenges) in [
        (
            "nginx",
            [("x-original-method", "GET"), ("x-original-uri", "/")],
            1,
        ),
        (
            "traefik",
            [("x-forwarded-method", "GET"), ("x-forwarded-uri", "/")],
            2,
        ),
    ] {
        let verifier = world.realm().build().unwrap().hybrid();
        let dpop = portcullis::Dpop::at("https://api.example").unwrap();
        let gate = Gated {
            gate: Gate::new(policy(kind, rules), Authenticator::new(verifier).dpop(dpop)),
        };
        let answer = gate.send(LOCAL, &lines).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        let found = answer.headers.get_all("www-authenticate");
        assert_eq!(found.iter().count(), challenges, "{kind}");
        let all: Vec<_> = found.iter().map(|value| value.to_str().unwrap()).collect();
        let all = all.join(", ");
        assert!(
            all.contains("Bearer realm=") && all.contains("DPoP realm="),
            "{all}"
        );
    }
}
