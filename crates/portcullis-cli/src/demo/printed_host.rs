//! By which name the demo goes. Loopback is no protection: a name that resolves to 127.0.0.1 makes any
//! website that is open in the browser same-origin with it (DNS rebinding).

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};

/// The port that no browser names (RFC 9110 §4.2.1).
const HTTP: u16 = 80;

/// The origin of what listens here, as browsers write it.
pub(super) fn origin(address: SocketAddr) -> String {
    if address.port() == HTTP {
        format!("http://{}", address.ip())
    } else {
        format!("http://{address}")
    }
}

/// Lets requests to a router through that go by the address which the demo has printed, and no others.
pub(super) fn only_at(address: SocketAddr, router: Router) -> Router {
    let host = PrintedHost::of(address);
    router.layer(middleware::from_fn_with_state(host, guard))
}

async fn guard(State(host): State<PrintedHost>, request: Request, next: Next) -> Response {
    match host.judge(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(status) => {
            let sentence = "the demo goes by the address that it has printed\n";
            (status, sentence).into_response()
        }
    }
}

/// What the demo is called in a `Host` header.
#[derive(Debug, Clone)]
struct PrintedHost {
    names: Arc<[String]>,
}

impl PrintedHost {
    fn of(address: SocketAddr) -> Self {
        let mut names = vec![address.to_string()];
        if address.port() == HTTP {
            names.push(address.ip().to_string());
        }
        Self {
            names: names.into(),
        }
    }

    /// RFC 9112 §3.2: a request has one `Host`. HTTP/2 has the name in the target, and so has the absolute
    /// form of HTTP/1.1.
    fn judge(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), StatusCode> {
        let mut hosts = headers.get_all(header::HOST).iter();
        let host = hosts.next().map(HeaderValue::as_bytes);
        let target = uri.authority().map(|target| target.as_str().as_bytes());
        if hosts.next().is_some() || (host.is_none() && target.is_none()) {
            return Err(StatusCode::BAD_REQUEST);
        }
        let is_printed = |name: &[u8]| self.names.iter().any(|known| known.as_bytes() == name);
        if host.into_iter().chain(target).all(is_printed) {
            return Ok(());
        }
        Err(StatusCode::MISDIRECTED_REQUEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(port: u16, target: &'static str, hosts: &[&'static str]) -> u16 {
        let mut headers = HeaderMap::new();
        for &host in hosts {
            headers.append(header::HOST, HeaderValue::from_static(host));
        }
        let host = PrintedHost::of(SocketAddr::from(([127, 0, 0, 1], port)));
        let judged = host.judge(&Uri::from_static(target), &headers);
        judged.map_or_else(|status| status.as_u16(), |()| 200)
    }

    #[test]
    fn the_port_of_http_is_named_by_nobody() {
        let address = SocketAddr::from(([127, 0, 0, 1], 80));
        assert_eq!(origin(address), "http://127.0.0.1");
        for host in ["127.0.0.1", "127.0.0.1:80"] {
            assert_eq!(judged(80, "/", &[host]), 200, "{host}");
        }
        assert_eq!(judged(80, "/", &["127.0.0.1:7300"]), 421);
        assert_eq!(judged(7300, "/", &["127.0.0.1"]), 421);
    }

    #[test]
    fn whatever_names_a_host_has_to_name_this_one() {
        let own = "127.0.0.1:7300";
        assert_eq!(judged(7300, "/", &[own]), 200);
        assert_eq!(judged(7300, "http://127.0.0.1:7300/", &[]), 200);
        assert_eq!(judged(7300, "http://127.0.0.1:7300/", &[own]), 200);
        assert_eq!(judged(7300, "http://evil.example/", &[own]), 421);
        assert_eq!(judged(7300, "http://127.0.0.1:7300/", &["a"]), 421);
        assert_eq!(judged(7300, "/", &[]), 400);
        for hosts in [[own, own], [own, "evil.example"]] {
            assert_eq!(judged(7300, "/", &hosts), 400);
        }
    }
}
