use http::Method;
use prost::Message;

use super::{
    super::wire::{HeaderEntry, HeaderMap as Lines, HeaderValue as Line, Peer},
    *,
};
use crate::{PathRefusal, forwarded::Hosts};

fn http(method: &[u8], path: &[u8]) -> HttpRequest {
    HttpRequest {
        method: Bytes::copy_from_slice(method),
        path: Bytes::copy_from_slice(path),
        host: Bytes::from_static(b"api.example"),
        ..HttpRequest::default()
    }
}

fn entries(lines: &[(&str, &[u8])]) -> Vec<HeaderEntry> {
    let entry = |(key, value): &(&str, &[u8])| HeaderEntry {
        key: Bytes::copy_from_slice(key.as_bytes()),
        value: Bytes::copy_from_slice(value),
    };
    lines.iter().map(entry).collect()
}

fn raw(lines: &[(&str, &[u8])]) -> Option<Lines> {
    let line = |(key, value): &(&str, &[u8])| Line {
        key: Bytes::copy_from_slice(key.as_bytes()),
        value: Bytes::new(),
        raw_value: Bytes::copy_from_slice(value),
    };
    let headers = lines.iter().map(line).collect();
    Some(Lines { headers })
}

fn request(http: HttpRequest) -> CheckRequest {
    CheckRequest {
        attributes: Some(AttributeContext {
            source: None,
            request: Some(Request { http: Some(http) }),
        }),
    }
}

/// As it is after its way over the wire.
fn question(request: &CheckRequest) -> Question {
    let sent = CheckRequest::decode(&*request.encode_to_vec()).unwrap();
    Question::of(sent)
}

#[track_caller]
fn refusal(request: &CheckRequest) -> AskedRefusal {
    question(request).asked.unwrap_err()
}

#[test]
fn what_is_asked_stands_in_the_attributes() {
    let request = request(http(b"PUT", b"/a/b?c"));
    let asked = question(&request).asked.unwrap();
    let (own, other) = (
        Hosts::new(["api.example"]).unwrap(),
        Hosts::new(["shop.example"]).unwrap(),
    );
    assert_eq!(asked.judge_host(Some(&own)), Ok(()));
    let elsewhere = asked.judge_host(Some(&other));
    assert_eq!(elsewhere, Err(AskedRefusal::OtherHost));
    assert_eq!((asked.method, asked.path.as_str()), (Method::PUT, "/a/b"));
}

/// Only who names hosts wants to know.
#[test]
fn what_no_header_can_hold_is_nobodys_host() {
    let hosts = Hosts::new(["api.example"]).unwrap();
    for host in [&b""[..], b"api.example\n", b"\0", b"\x7f", b"\xff"] {
        let mut http = http(b"GET", b"/");
        http.host = Bytes::copy_from_slice(host);
        let asked = question(&request(http)).asked.unwrap();
        let judged = asked.judge_host(Some(&hosts));
        assert_eq!(judged, Err(AskedRefusal::OtherHost), "{host:?}");
        assert_eq!(asked.judge_host(None), Ok(()));
    }
}

#[test]
fn a_question_about_nothing_is_refused() {
    let mut nothing = CheckRequest::default();
    assert_eq!(refusal(&nothing), AskedRefusal::HeaderMissing);
    nothing.attributes = Some(AttributeContext::default());
    assert_eq!(refusal(&nothing), AskedRefusal::HeaderMissing);
    nothing.attributes = Some(AttributeContext {
        source: None,
        request: Some(Request::default()),
    });
    assert_eq!(refusal(&nothing), AskedRefusal::HeaderMissing);
    for method in [&b""[..], b"G T", b"GET\n", b"\xff"] {
        let bad = request(http(method, b"/"));
        assert_eq!(refusal(&bad), AskedRefusal::BadMethod, "{method:?}");
    }
    for (path, why) in [
        (&b""[..], PathRefusal::NotAbsolute),
        (b"*", PathRefusal::NotAbsolute),
        (b"api.example:443", PathRefusal::NotAbsolute),
        (b"/\xff", PathRefusal::NotUtf8),
        (b"/a/../b", PathRefusal::DotSegment),
        (b"/a%2fb", PathRefusal::Escaped),
    ] {
        let bad = request(http(b"GET", path));
        assert_eq!(refusal(&bad), AskedRefusal::Path(why), "{path:?}");
    }
}

#[test]
fn what_is_presented_is_read_joined_or_line_by_line() {
    let mut joined = http(b"GET", b"/");
    joined.headers = entries(&[
        ("authorization", b"Bearer a,Bearer b"),
        ("cookie", b"\xff\n"),
        ("x-auth-subject", b"root"),
    ]);
    let presented = question(&request(joined)).presented;
    assert_eq!(presented.len(), 1);
    assert_eq!(presented[header::AUTHORIZATION], "Bearer a,Bearer b");

    let mut lines = http(b"GET", b"/");
    lines.header_map = raw(&[
        ("authorization", b"Bearer a"),
        ("Authorization", b"Bearer b"),
        ("dpop", b"c"),
    ]);
    let presented = question(&request(lines)).presented;
    assert_eq!(presented.get_all(header::AUTHORIZATION).iter().count(), 2);
    assert_eq!(presented["dpop"], "c");
}

#[test]
fn what_is_said_in_two_ways_is_refused() {
    let mut both = http(b"GET", b"/");
    both.headers = entries(&[("authorization", b"Bearer a")]);
    both.header_map = raw(&[("authorization", b"Bearer b")]);
    assert_eq!(refusal(&request(both)), AskedRefusal::HeaderRepeated);

    let mut twice = http(b"GET", b"/");
    twice.headers = entries(&[
        ("authorization", b"Bearer a"),
        ("Authorization", b"Bearer b"),
    ]);
    assert_eq!(refusal(&request(twice)), AskedRefusal::HeaderRepeated);

    let mut two_values = http(b"GET", b"/");
    two_values.header_map = raw(&[("authorization", b"Bearer a")]);
    if let Some(lines) = &mut two_values.header_map {
        lines.headers[0].value = Bytes::from_static(b"Bearer b");
    }
    assert_eq!(refusal(&request(two_values)), AskedRefusal::HeaderRepeated);
}

#[test]
fn a_value_that_no_header_has_is_refused() {
    for value in [&b"Bearer a\r\nX: y"[..], b"Bearer \0", b"\x7f"] {
        let mut bad = http(b"GET", b"/");
        bad.header_map = raw(&[("authorization", value)]);
        assert_eq!(refusal(&request(bad)), AskedRefusal::BadHeader);
        let mut bad = http(b"GET", b"/");
        bad.headers = entries(&[("dpop", value)]);
        assert_eq!(refusal(&request(bad)), AskedRefusal::BadHeader);
    }
}

#[test]
fn a_certificate_that_is_none_refuses() {
    let mut request = request(http(b"GET", b"/"));
    let source = Peer {
        certificate: Bytes::from_static(b"nonsense"),
    };
    if let Some(attributes) = &mut request.attributes {
        attributes.source = Some(source);
    }
    assert_eq!(refusal(&request), AskedRefusal::BadCertificate);
}

#[test]
fn grpc_is_what_envoy_takes_for_it() {
    for (content_type, is_grpc) in [
        ("application/grpc", true),
        ("application/grpc+proto", true),
        ("application/grpc-web", false),
        ("application/json", false),
        ("", false),
    ] {
        let mut sent = http(b"POST", b"/a.B/C");
        sent.headers = entries(&[("content-type", content_type.as_bytes())]);
        assert_eq!(question(&request(sent)).is_grpc, is_grpc, "{content_type}");
    }
}

#[test]
fn nothing_that_a_client_sends_is_shown() {
    let mut sent = http(b"GET", b"/hush");
    sent.headers = entries(&[("authorization", b"hush")]);
    sent.header_map = raw(&[("authorization", b"hush")]);
    let shown = format!(
        "{:?} {:?} {:?}",
        request(sent.clone()),
        sent.headers,
        sent.header_map
    );
    assert!(
        !shown.contains("hush") && !shown.contains("104, 117"),
        "{shown}"
    );
}
