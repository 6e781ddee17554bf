//! A token reaches the upstream that its rule names, and that one serves the hosts that it names.

use std::sync::Arc;

use http::{HeaderValue, Method, StatusCode};
use metrics_exporter_prometheus::PrometheusBuilder;
use portcullis::Authenticator;
use portcullis_gateway::{
    Gate, NoHosts, Policy, Upstream, UpstreamToken,
    forwarded::{Asked, GatewayKind, Hosts},
    rules::{Access, Demands, Methods, Rule, Rules},
};

use crate::world::{Gated, HOST, LOCAL, World, policy};

const RULES: &str = r#"
[upstreams.full]
authorization = "phantom"
hosts = ["api.example"]
[upstreams.same]
authorization = "keep"
hosts = ["api.example", "Shop.example"]
[upstreams.one]
authorization = "remove"
hosts = ["api.example"]
[[rules]]
path = "/full"
upstream = "full"
[[rules]]
path = "/same"
upstream = "same"
[[rules]]
path = "/one"
upstream = "one"
[[rules]]
path = "/everywhere"
[[rules]]
path = "/open"
public = true
upstream = "one"
"#;

/// What another virtual host than the upstream's own may be told to be.
const OTHERS: [&[&str]; 8] = [
    &["evil.example"],
    &["api.example.evil"],
    &["api.example:8080"],
    &["api.example."],
    &[""],
    &[],
    &["api.example", "api.example"],
    &["api.example", "evil.example"],
];

#[tokio::test]
async fn a_token_goes_to_the_hosts_of_its_upstream_alone() {
    let world = World::start().await;
    let gate = world.gate(RULES);
    let token = format!("Bearer {}", world.token().jwt());
    let lines = [("authorization", &*token)];
    for (path, host, kept) in [
        ("/full", "api.example", &*token),
        ("/full", "API.Example", &token),
        ("/same", "api.example", &token),
        ("/same", "shop.example", &token),
        ("/one", "api.example", ""),
        ("/open", "api.example", ""),
        ("/everywhere", "api.example", ""),
        ("/everywhere", "evil.example", ""),
    ] {
        let answer = gate.ask_at(&[host], &format!("GET {path}"), &lines).await;
        assert_eq!(answer.status, StatusCode::OK, "{path} {host}");
        assert_eq!(answer.only("authorization"), kept, "{path} {host}");
    }
    for path in ["/full", "/same", "/one", "/open"] {
        for hosts in OTHERS {
            let answer = gate.ask_at(hosts, &format!("GET {path}"), &lines).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {hosts:?}");
            answer.assert_nobody();
        }
    }
    // Whoever says nothing of hosts serves all of them.
    for hosts in OTHERS {
        let answer = gate.ask_at(hosts, "GET /everywhere", &lines).await;
        assert_eq!(answer.status, StatusCode::OK, "{hosts:?}");
    }
}

/// The hosts of all rules say nothing of the upstream of one.
#[tokio::test]
async fn one_of_several_hosts_is_not_the_other() {
    let world = World::start().await;
    let verifier = world.realm().phantom_token().build().unwrap().hybrid();
    let mut policy = policy("nginx", RULES);
    policy.hosts = Some(Hosts::new([HOST, "other.example"]).unwrap());
    let gate = Gated {
        gate: Gate::new(policy, Authenticator::new(verifier)),
    };
    let token = format!("Bearer {}", world.token().jwt());
    let lines = [("authorization", &*token)];
    for (host, path, status) in [
        (HOST, "/full", StatusCode::OK),
        (HOST, "/everywhere", StatusCode::OK),
        ("other.example", "/everywhere", StatusCode::OK),
        ("other.example", "/full", StatusCode::FORBIDDEN),
        ("evil.example", "/everywhere", StatusCode::FORBIDDEN),
        // An upstream opens no host that the rules are not for.
        ("shop.example", "/same", StatusCode::FORBIDDEN),
    ] {
        let answer = gate.ask_at(&[host], &format!("GET {path}"), &lines).await;
        assert_eq!(answer.status, status, "{host} {path}");
    }
}

#[tokio::test]
async fn another_host_is_denied_before_its_token_is_looked_at() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _here = metrics::set_default_local_recorder(&recorder);
    let world = World::start().await;
    let gate = world.gate(RULES);
    let counted = |series: &str| {
        let all = recorder.handle().render();
        let value = all.lines().find_map(|line| line.strip_prefix(series));
        value.map_or(0, |value| value.trim().parse().unwrap())
    };
    let token = format!("Bearer {}", world.token().opaque());
    for authorization in [&*token, "Bearer nonsense", "Basic Zm9vOmJhcg==", ""] {
        for hosts in [&["evil.example"][..], &[], &[HOST, HOST]] {
            let lines = [("authorization", authorization)];
            let answer = gate.ask_at(hosts, "GET /full", &lines).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{authorization}");
            assert!(answer.headers.get("www-authenticate").is_none());
            answer.assert_nobody();
        }
    }
    assert_eq!(world.server.total_request_count(), 0);
    for reason in ["other_host", "header_missing", "header_repeated"] {
        let series = format!("portcullis_gateway_denials_total{{reason=\"{reason}\"}}");
        assert_eq!(counted(&series), 4, "{reason}");
    }
    let denied = "portcullis_gateway_answers_total{outcome=\"denied\"}";
    assert_eq!(counted(denied), 12);
    let answer = gate
        .ask_with("GET /full", &[("authorization", &token)])
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!((counted(denied), world.calls()), (12, 1));
}

#[test]
fn an_upstream_that_gets_tokens_cannot_be_without_hosts() {
    let hosts = || Hosts::new([HOST]).unwrap();
    for token in [UpstreamToken::Keep, UpstreamToken::Phantom] {
        assert_eq!(Upstream::new(token, None), Err(NoHosts));
        let upstream = Upstream::new(token, Some(hosts())).unwrap();
        assert_eq!(
            (upstream.token(), upstream.hosts()),
            (token, Some(&hosts()))
        );
    }
    let none = Upstream::new(UpstreamToken::Remove, None).unwrap();
    assert_eq!(none, Upstream::default());
    assert_eq!((none.token(), none.hosts()), (UpstreamToken::Remove, None));
}

/// Rules and questions of one's own are held to their hosts as those of files and gateways are.
#[tokio::test]
async fn a_question_of_ones_own_says_its_host() {
    let world = World::start().await;
    let hosts = Hosts::new([HOST]).unwrap();
    let mut rule = Rule::new(
        "/same".parse().unwrap(),
        Methods::default(),
        Access::Token(Demands::none()),
    );
    let upstream = Upstream::new(UpstreamToken::Keep, Some(hosts.clone()));
    rule.upstream = Arc::new(upstream.unwrap());
    let open = Rule::new("/open".parse().unwrap(), Methods::default(), Access::Public);
    let mut policy = Policy::new(GatewayKind::Nginx, Rules::new([rule, open]));
    let verifier = world.realm().build().unwrap().hybrid();
    let gate = Gate::new(policy.clone(), Authenticator::new(verifier));
    let token = HeaderValue::try_from(format!("Bearer {}", world.token().jwt())).unwrap();
    let headers = [(http::header::AUTHORIZATION, token)].into_iter().collect();
    let asked = |path: &str, host: Option<&'static str>| {
        let asked = Asked::new(Method::GET, path.as_bytes()).unwrap();
        match host {
            Some(host) => asked.to_host(HeaderValue::from_static(host)),
            None => asked,
        }
    };
    for (is_for_all, path, host, status) in [
        (true, "/same", Some(HOST), StatusCode::OK),
        (true, "/same", Some("evil.example"), StatusCode::FORBIDDEN),
        (true, "/same", None, StatusCode::FORBIDDEN),
        (true, "/open", None, StatusCode::OK),
        (false, "/open", Some(HOST), StatusCode::OK),
        (false, "/open", Some("evil.example"), StatusCode::FORBIDDEN),
        (false, "/open", None, StatusCode::FORBIDDEN),
    ] {
        policy.hosts = (!is_for_all).then(|| hosts.clone());
        let judged = Arc::new(policy.clone());
        let answer = gate.judge(&judged, LOCAL, Ok(asked(path, host)), &headers);
        assert_eq!(answer.await.status(), status, "{path} {host:?}");
    }
}
