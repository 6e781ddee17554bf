//! Whose request it is: settled by the route or the host, before anything looks at the token.

use std::sync::Arc;

use axum::{
    extract::{RawPathParams, Request, State},
    http::{StatusCode, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};
use portcullis::RequestView;

use crate::directory::{Directory, Tenant};

/// The tenant that the matched route names: `/{tenant}/…`.
pub(crate) async fn by_path(
    State(directory): State<Arc<Directory>>,
    parameters: RawPathParams,
    request: Request,
    next: Next,
) -> Response {
    let named = parameters.iter().find(|(name, _)| *name == "tenant");
    let tenant = named.and_then(|(_, value)| directory.named(value));
    enter(tenant, request, next).await
}

/// Where tenants have a host each.
#[derive(Clone)]
pub(crate) struct Hosts {
    pub(crate) directory: Arc<Directory>,
    /// What follows the tenant's name and a dot.
    pub(crate) domain: Arc<str>,
}

/// The tenant that the host names: `<tenant>.<domain>`.
pub(crate) async fn by_host(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    let host = host(&request).map(|host| host.to_ascii_lowercase());
    let name = host.as_deref().and_then(|host| {
        let labels = host.strip_suffix(&*hosts.domain)?;
        labels.strip_suffix('.')
    });
    let tenant = name.and_then(|name| hosts.directory.named(name));
    enter(tenant, request, next).await
}

/// Leaves the tenant with the request. To anybody else's there is nothing here.
async fn enter(tenant: Option<&Arc<Tenant>>, mut request: Request, next: Next) -> Response {
    let Some(tenant) = tenant else {
        return (StatusCode::NOT_FOUND, "no such tenant\n").into_response();
    };
    request.extensions_mut().insert(tenant.clone());
    next.run(request).await
}

/// The issuer whose token the request has to bring, for the layer that looks for it.
///
/// Never `None`: that would leave the choice to the token. Where no tenant was settled it is nobody's
/// name, so that a route outside of them is closed to everybody.
#[expect(
    clippy::unnecessary_wraps,
    reason = "`naming_issuer` asks for an option"
)]
pub(crate) fn issuer_of(request: RequestView<'_>) -> Option<Arc<str>> {
    let tenant = request.extensions.get::<Arc<Tenant>>();
    Some(tenant.map_or_else(|| "".into(), |tenant| tenant.issuer.clone()))
}

/// The host that the client has asked, without a port. A target with a host counts before the header
/// (RFC 9112 §3.2.2), and two headers are none.
fn host(request: &Request) -> Option<String> {
    if let Some(authority) = request.uri().authority() {
        return Some(authority.host().to_owned());
    }
    let mut lines = request.headers().get_all(header::HOST).iter();
    let line = lines.next().filter(|_| lines.next().is_none());
    let authority: Authority = line?.to_str().ok()?.parse().ok()?;
    Some(authority.host().to_owned())
}
