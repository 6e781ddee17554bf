use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde::Deserialize;
use serde_json::Value;

use super::{ClientMethods, Discovery, client_methods::PublishedClientMethods};
use crate::http_client::{FetchError, ServerUrl, UnfitUrl, excerpt};

/// What Portcullis needs of an issuer's metadata (RFC 8414 §2). What is wrong with one endpoint
/// is nobody's business but theirs who need it.
#[derive(Debug)]
pub(crate) struct Metadata {
    pub(super) jwks_uri: PublishedEndpoint,
    pub(super) introspection_endpoint: PublishedEndpoint,
    /// The same for clients that present a certificate, where it is another one (RFC 8705 §5).
    pub(super) mutual_tls_introspection_endpoint: Option<PublishedEndpoint>,
    pub(super) token_endpoint: PublishedEndpoint,
    /// The same for clients that present a certificate, where it is another one.
    pub(super) mutual_tls_token_endpoint: Option<PublishedEndpoint>,
    pub(super) end_session_endpoint: PublishedEndpoint,
    /// Where permission tickets are had (UMA 2.0 Federated Authorization §2).
    pub(super) permission_endpoint: PublishedEndpoint,
    pub(super) client_methods: Arc<ClientMethods>,
    /// The same at the token endpoint.
    pub(super) token_client_methods: Arc<ClientMethods>,
}

/// An endpoint of a document, or what is wrong with it.
#[derive(Debug)]
pub(super) struct PublishedEndpoint {
    address: Result<Address, FetchError>,
    is_reported: AtomicBool,
}

/// An address of the server.
#[derive(Debug, Clone)]
pub(super) struct Address {
    /// As it is reached from here.
    pub(super) here: ServerUrl,
    /// As it is published.
    pub(super) public: Arc<str>,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: Option<Value>,
    introspection_endpoint: Option<Value>,
    mtls_endpoint_aliases: Option<Value>,
    token_endpoint: Option<Value>,
    end_session_endpoint: Option<Value>,
    permission_endpoint: Option<Value>,
    #[serde(flatten)]
    client_methods: PublishedClientMethods,
}

impl Metadata {
    /// Reads the document that was found at `url`. Its `issuer` must be the configured one,
    /// character for character (RFC 8414 §3.3).
    pub(super) fn parse(
        json: &[u8],
        url: &ServerUrl,
        discovery: &Discovery,
    ) -> Result<Self, FetchError> {
        let document: Document =
            serde_json::from_slice(json).map_err(|error| FetchError::Malformed {
                url: url.to_string(),
                problem: format!(
                    "not an issuer's metadata (line {}, column {})",
                    error.line(),
                    error.column()
                ),
            })?;
        if document.issuer != *discovery.issuer {
            return Err(FetchError::OtherIssuer {
                url: url.to_string(),
                expected: discovery.issuer.to_string(),
                found: excerpt(&document.issuer),
            });
        }
        let published = Published { url, discovery };
        let jwks_uri = published.endpoint("jwks_uri", document.jwks_uri);
        let introspection_endpoint =
            published.trusted_endpoint("introspection_endpoint", document.introspection_endpoint);
        let token_endpoint = published.trusted_endpoint("token_endpoint", document.token_endpoint);
        let end_session_endpoint =
            published.trusted_endpoint("end_session_endpoint", document.end_session_endpoint);
        let permission_endpoint =
            published.trusted_endpoint("permission_endpoint", document.permission_endpoint);
        let aliases = document.mtls_endpoint_aliases.as_ref();
        let alias = |name: &str, member| {
            let address = aliases?.get(name)?.clone();
            Some(published.alias(member, address).into())
        };
        Ok(Self {
            jwks_uri: jwks_uri.into(),
            introspection_endpoint: introspection_endpoint.into(),
            mutual_tls_introspection_endpoint: alias("introspection_endpoint", INTROSPECTION_ALIAS),
            token_endpoint: token_endpoint.into(),
            mutual_tls_token_endpoint: alias("token_endpoint", TOKEN_ALIAS),
            end_session_endpoint: end_session_endpoint.into(),
            permission_endpoint: permission_endpoint.into(),
            token_client_methods: Arc::new(document.client_methods.at_token_endpoint()),
            client_methods: Arc::new(document.client_methods.into()),
        })
    }

    /// Takes over what was logged of the document before this one: what is wrong with it as it was is no
    /// news.
    pub(super) fn continue_reports_of(&self, earlier: &Self) {
        for (own, earlier) in self.endpoints().into_iter().zip(earlier.endpoints()) {
            if let (Some(own), Some(earlier)) = (own, earlier) {
                own.continue_report_of(earlier);
            }
        }
    }

    fn endpoints(&self) -> [Option<&PublishedEndpoint>; 7] {
        [
            Some(&self.jwks_uri),
            Some(&self.introspection_endpoint),
            self.mutual_tls_introspection_endpoint.as_ref(),
            Some(&self.token_endpoint),
            self.mutual_tls_token_endpoint.as_ref(),
            Some(&self.end_session_endpoint),
            Some(&self.permission_endpoint),
        ]
    }
}

const INTROSPECTION_ALIAS: &str = "mtls_endpoint_aliases.introspection_endpoint";
const TOKEN_ALIAS: &str = "mtls_endpoint_aliases.token_endpoint";

impl From<Result<Address, FetchError>> for PublishedEndpoint {
    fn from(address: Result<Address, FetchError>) -> Self {
        Self {
            address,
            is_reported: AtomicBool::new(false),
        }
    }
}

impl PublishedEndpoint {
    pub(super) fn is_usable(&self) -> bool {
        self.address.is_ok()
    }

    fn continue_report_of(&self, earlier: &Self) {
        if self.address.as_ref().err() == earlier.address.as_ref().err() {
            let is_reported = earlier.is_reported.load(Ordering::Relaxed);
            self.is_reported.store(is_reported, Ordering::Relaxed);
        }
    }

    /// The address; what is wrong with it is logged once until that changes, when somebody needs it.
    pub(super) fn address(&self, issuer: &str) -> Result<Address, FetchError> {
        if let Err(error) = &self.address
            && !self.is_reported.swap(true, Ordering::Relaxed)
        {
            tracing::error!(target: "portcullis::discovery", issuer, "{error}");
        }
        self.address.clone()
    }
}

struct Published<'a> {
    url: &'a ServerUrl,
    discovery: &'a Discovery,
}

impl Published<'_> {
    /// An endpoint as it is reached from here: one under the public issuer is looked for under
    /// the address that the metadata was fetched from.
    fn endpoint(
        &self,
        member: &'static str,
        address: Option<Value>,
    ) -> Result<Address, FetchError> {
        let unfit = |problem| FetchError::UnfitEndpoint {
            url: self.url.to_string(),
            member,
            problem,
        };
        let public = match address {
            Some(Value::String(address)) => address,
            Some(_) => return Err(unfit(UnfitUrl::NotAUrl)),
            None => return Err(FetchError::NoEndpoint { member }),
        };
        let here = self.discovery.reached_by(&public);
        let here = ServerUrl::parse(&here, self.discovery.allows_http).map_err(unfit)?;
        if self.discovery.may_speak_plainly() || here.is_https() {
            let public = public.into();
            Ok(Address { here, public })
        } else {
            Err(unfit(UnfitUrl::NotLocal))
        }
    }

    /// The same for an endpoint that is sent credentials.
    fn trusted_endpoint(
        &self,
        member: &'static str,
        address: Option<Value>,
    ) -> Result<Address, FetchError> {
        let endpoint = self.endpoint(member, address)?;
        if self.discovery.trusts_with_credentials(&endpoint.here) {
            Ok(endpoint)
        } else {
            Err(self.foreign(member))
        }
    }

    /// The same for an endpoint for clients with certificates: servers have them on a port or a
    /// host of their own. It is trusted on the issuer's host or below it, over TLS, where the
    /// document itself came safely.
    fn alias(&self, member: &'static str, address: Value) -> Result<Address, FetchError> {
        let endpoint = self.endpoint(member, Some(address))?;
        let came_safely = self.url.is_https() || self.url.is_loopback();
        let is_below = ServerUrl::parse(&self.discovery.issuer, true)
            .is_ok_and(|issuer| endpoint.here.is_at_host_of(&issuer));
        if self.discovery.trusts_with_credentials(&endpoint.here)
            || (came_safely && endpoint.here.is_https() && is_below)
        {
            Ok(endpoint)
        } else {
            Err(self.foreign(member))
        }
    }

    fn foreign(&self, member: &'static str) -> FetchError {
        let url = self.url.to_string();
        FetchError::ForeignEndpoint { url, member }
    }
}

impl Discovery {
    /// How a public address of the issuer's is reached from here.
    pub(crate) fn reached_by<'a>(&self, public: &'a str) -> Cow<'a, str> {
        let issuer = self.issuer.trim_end_matches('/');
        let base = self.base.as_str().trim_end_matches('/');
        match public.strip_prefix(issuer) {
            Some(rest) if rest.starts_with('/') => format!("{base}{rest}").into(),
            _ => public.into(),
        }
    }

    /// Whether a document may send us to plain http: on this machine only if the issuer is, else
    /// it would be the way to whatever else listens here.
    fn may_speak_plainly(&self) -> bool {
        let is_local = |issuer: ServerUrl| issuer.is_loopback();
        self.allows_http
            || self.base.is_loopback()
            || ServerUrl::parse(&self.issuer, true).is_ok_and(is_local)
    }

    fn trusts_with_credentials(&self, endpoint: &ServerUrl) -> bool {
        let is_issuers =
            ServerUrl::parse(&self.issuer, true).is_ok_and(|issuer| issuer.has_origin_of(endpoint));
        is_issuers || self.base.has_origin_of(endpoint)
    }
}
