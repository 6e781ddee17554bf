//! Requests of an application's own that say who asks.

use std::fmt;

use form_urlencoded::Serializer;
use http::{HeaderValue, Method as HttpMethod, Request, header};

use super::{Attempt, AuthenticationError, ClientAuthentication, ClientRequest, Method, Occasion};
use crate::{
    Timestamp,
    discovery::{ClientMethods, ClientTarget},
    http_client::{ServerUrl, UnfitUrl, without_user},
};

/// An endpoint of the server that takes requests of clients, such as the token endpoint: for
/// [`ClientAuthentication::request`].
#[derive(Clone)]
#[must_use]
pub struct ClientEndpoint {
    issuer: String,
    address: String,
    methods: ClientMethods,
    allows_http: bool,
}

/// Why a request cannot say who asks. Nothing secret is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct ClientAuthenticationError(#[from] AuthenticationError);

impl ClientEndpoint {
    /// The endpoint of an issuer at this address: `https`, or plain http to a literal loopback address if
    /// the issuer is at one too. Make sure that it is the issuer's: whoever is there gets the credentials.
    pub fn new(issuer: impl Into<String>, address: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            address: address.into(),
            methods: ClientMethods::default(),
            allows_http: false,
        }
    }

    /// The methods that the server offers there, such as `token_endpoint_auth_methods_supported` of its
    /// metadata (RFC 8414 §2): [`ClientAuthentication::client_secret`] goes by them. It takes
    /// `client_secret_basic` unless this is said.
    pub fn methods<M: Into<String>>(mut self, names: impl IntoIterator<Item = M>) -> Self {
        self.methods.methods = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// The algorithms of assertions that the server verifies there, such as
    /// `token_endpoint_auth_signing_alg_values_supported`; any unless this is said.
    pub fn signing_algorithms<A: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = A>,
    ) -> Self {
        self.methods.algorithms = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Lets the address be plain http anywhere, and on this machine whoever the issuer is: whoever is on the
    /// way, or listens here, can read the credentials then.
    pub fn danger_allow_http(mut self) -> Self {
        self.allows_http = true;
        self
    }

    fn target(&self) -> Result<ClientTarget, AuthenticationError> {
        let endpoint = ServerUrl::configured("endpoint", &self.address, self.allows_http)
            .map_err(|error| misfit(error.to_string()))?;
        if !endpoint.is_https() && !self.may_speak_plainly() {
            let problem = UnfitUrl::NotLocal;
            return Err(misfit(format!("{endpoint:?} cannot be used: {problem}")));
        }
        Ok(ClientTarget {
            endpoint,
            public: self.address.as_str().into(),
            methods: self.methods.clone().into(),
        })
    }

    /// Whether the credentials may go to plain http on this machine: only if the issuer is here too, else
    /// whatever else listens here would get them.
    fn may_speak_plainly(&self) -> bool {
        let issuer = ServerUrl::parse(&self.issuer, true);
        self.allows_http || issuer.is_ok_and(|issuer| issuer.is_loopback())
    }
}

impl ClientAuthentication {
    /// A `POST` of this form to an endpoint of the server, with what says who asks: for calls that
    /// Portcullis does not make itself, such as one for a token or to revoke one. What identifies the client
    /// must not stand in the form.
    ///
    /// Nothing is sent. **Send it with a client that follows no redirects**, such as
    /// [`ReqwestClient`](crate::ReqwestClient): the secret may stand in the body, and a 307 or 308 would
    /// take it to wherever it points. Send it once, since an assertion is good for one request. With a
    /// certificate the HTTP client has to present it.
    ///
    /// `now` is by which an assertion is dated. A bearer token is waited for until its
    /// [source](super::BearerSource) has it or gives up: there is no deadline but your own.
    ///
    /// ```no_run
    /// # #[cfg(not(feature = "reqwest"))]
    /// # fn main() {}
    /// # #[cfg(feature = "reqwest")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    ///
    /// use portcullis::{
    ///     ClientAuthentication, ClientEndpoint, Clock, HttpClient, Limits, ReqwestClient, SystemClock,
    /// };
    ///
    /// let client = ClientAuthentication::client_secret("orders-api", "hush")?;
    /// let endpoint = ClientEndpoint::new("https://id.example.com", "https://id.example.com/token");
    /// let form = [("grant_type", "client_credentials")];
    /// let request = client.request(&endpoint, &form, SystemClock.now()).await?;
    /// let limits = Limits::new(Duration::from_secs(5), 64 * 1024);
    /// let answer = ReqwestClient::new()?.send(request.into_http(), limits).await?;
    /// println!("{}", answer.status());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the address is none, or is plain http to another machine, or to this one for an issuer that is
    /// elsewhere; when what identifies a client stands in the form; when the settings contradict each other
    /// or do not fit what the server offers; when a bearer token cannot be had.
    pub async fn request(
        &self,
        endpoint: &ClientEndpoint,
        form: &[(&str, &str)],
        now: Timestamp,
    ) -> Result<ClientRequest, ClientAuthenticationError> {
        let own = form.iter().find(|(name, _)| IDENTIFYING.contains(name));
        if let Some((name, _)) = own {
            let problem = format!("`{name}` stands in the form, which is not for the form to say");
            return Err(misfit(problem).into());
        }
        self.check().map_err(|error| misfit(error.to_string()))?;
        let target = endpoint.target()?;
        let occasion = Occasion {
            issuer: &endpoint.issuer,
            target: &target,
            now,
        };
        let attempt = match &self.method {
            Method::Bearer(bearer) => bearer.attempt_to("send the request with").await,
            _ => self.attempt(&occasion).await,
        };
        let Attempt {
            header: authorization,
            form: proof,
        } = attempt?;
        let body = Serializer::new(String::new())
            .extend_pairs(form)
            .extend_pairs(&proof)
            .finish();
        let mut request = Request::new(body.into());
        *request.method_mut() = HttpMethod::POST;
        let uri = target.endpoint.uri();
        *request.uri_mut() = uri.ok_or_else(|| misfit("the endpoint cannot stand in a request"))?;
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, kind);
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::ACCEPT, json);
        if let Some(authorization) = authorization {
            headers.insert(header::AUTHORIZATION, authorization);
        }
        Ok(ClientRequest::new(request))
    }
}

/// What says who asks in a form (RFC 6749 §2.3.1, RFC 7521 §4.2): twice it would be anybody's guess.
const IDENTIFYING: [&str; 4] = [
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
];

/// An address shows neither a user name nor a password.
impl fmt::Debug for ClientEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientEndpoint")
            .field("issuer", &without_user(&self.issuer))
            .field("address", &without_user(&self.address))
            .field("methods", &self.methods)
            .field("allows_http", &self.allows_http)
            .finish()
    }
}

fn misfit(problem: impl Into<std::borrow::Cow<'static, str>>) -> AuthenticationError {
    AuthenticationError::Misfit(problem.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BasicEncoding;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);
    const FORM: [(&str, &str); 1] = [("grant_type", "client_credentials")];

    fn endpoint() -> ClientEndpoint {
        ClientEndpoint::new("https://id.example.com", "https://id.example.com/token")
    }

    /// The `Authorization` header and the body of a request.
    async fn sent(
        client: &ClientAuthentication,
        endpoint: &ClientEndpoint,
    ) -> (Option<HeaderValue>, String) {
        let request = client.request(endpoint, &FORM, NOW).await.unwrap();
        let request = request.into_http();
        assert_eq!(request.method(), HttpMethod::POST);
        assert_eq!(request.uri(), "https://id.example.com/token");
        let kind = &request.headers()[header::CONTENT_TYPE];
        assert_eq!(kind, "application/x-www-form-urlencoded");
        let authorization = request.headers().get(header::AUTHORIZATION).cloned();
        let body = String::from_utf8(request.into_body().into()).unwrap();
        (authorization, body)
    }

    #[tokio::test]
    async fn a_secret_goes_by_what_the_endpoint_offers() {
        let client = ClientAuthentication::client_secret("a b", "s%").unwrap();
        let (header, body) = sent(&client, &endpoint()).await;
        let header = header.unwrap();
        // `a+b:s%25`
        assert_eq!(header, "Basic YStiOnMlMjU=");
        assert!(header.is_sensitive());
        assert_eq!(body, "grant_type=client_credentials");

        let posting = endpoint().methods(["client_secret_post"]);
        let (header, body) = sent(&client, &posting).await;
        assert_eq!(header, None);
        let expected = "grant_type=client_credentials&client_id=a+b&client_secret=s%25";
        assert_eq!(body, expected);

        let neither = endpoint().methods(["tls_client_auth"]);
        let error = client.request(&neither, &FORM, NOW).await.unwrap_err();
        let error = error.to_string();
        assert!(error.contains("tls_client_auth"), "{error}");
        assert!(!error.contains("s%"), "{error}");
    }

    #[tokio::test]
    async fn an_assertion_is_another_one_in_each_request() {
        let secret = "a secret that is long enough for it";
        let client = ClientAuthentication::client_secret_jwt("a", secret).unwrap();
        let (endpoint, mut bodies) = (endpoint(), Vec::new());
        for _ in 0..2 {
            let (header, body) = sent(&client, &endpoint).await;
            assert_eq!(header, None);
            assert!(body.contains("&client_assertion="), "{body}");
            bodies.push(body);
        }
        assert_ne!(bodies.first(), bodies.last());
    }

    #[tokio::test]
    async fn a_certificate_leaves_the_id_and_a_bearer_token_the_header() {
        let client = ClientAuthentication::tls_client_auth("a").unwrap();
        let (header, body) = sent(&client, &endpoint()).await;
        assert_eq!(header, None);
        assert_eq!(body, "grant_type=client_credentials&client_id=a");

        let client = ClientAuthentication::bearer("abc").unwrap();
        let (header, body) = sent(&client, &endpoint()).await;
        assert_eq!(header.unwrap(), "Bearer abc");
        assert_eq!(body, "grant_type=client_credentials");
    }

    #[tokio::test]
    async fn credentials_go_over_tls_or_stay_on_this_machine() {
        let client = ClientAuthentication::client_secret("a", "hush").unwrap();
        let at = |address: &str| ClientEndpoint::new("https://id.example.com", address);
        let here = |address: &str| ClientEndpoint::new("http://127.0.0.1:2", address);
        for (endpoint, is_taken) in [
            (at("https://id.example.com/token"), true),
            (here("http://127.0.0.1:1/token"), true),
            (here("http://[::1]:1/token"), true),
            (at("http://127.0.0.1:1/token"), false),
            (at("http://127.0.0.1:1/token").danger_allow_http(), true),
            (here("http://id.example.com/token"), false),
            (at("http://id.example.com/token"), false),
            (at("http://id.example.com/token").danger_allow_http(), true),
            (at("/token"), false),
        ] {
            let request = client.request(&endpoint, &FORM, NOW).await;
            assert_eq!(request.is_ok(), is_taken, "{endpoint:?}");
        }
    }

    #[tokio::test]
    async fn the_form_does_not_say_who_asks() {
        for client in [
            ClientAuthentication::client_secret_post("a", "hush").unwrap(),
            ClientAuthentication::client_secret_basic("a", "hush").unwrap(),
            ClientAuthentication::bearer("abc").unwrap(),
        ] {
            for name in [
                "client_id",
                "client_secret",
                "client_assertion",
                "client_assertion_type",
            ] {
                let form = [("grant_type", "client_credentials"), (name, "other")];
                let error = client.request(&endpoint(), &form, NOW).await.unwrap_err();
                let error = error.to_string();
                assert!(error.contains(&format!("`{name}`")), "{error}");
                assert!(!error.contains("other"), "{error}");
            }
        }
    }

    #[tokio::test]
    async fn nothing_secret_is_in_what_debug_shows() {
        let client = ClientAuthentication::client_secret_post("a", "hush").unwrap();
        let request = client.request(&endpoint(), &FORM, NOW).await.unwrap();
        let shown = format!("{request:?}");
        assert!(shown.contains("https://id.example.com/token"), "{shown}");
        assert!(!shown.contains("hush"), "{shown}");

        let bearer = ClientAuthentication::bearer("hush").unwrap();
        let request = bearer.request(&endpoint(), &FORM, NOW).await.unwrap();
        assert!(!format!("{request:?}").contains("hush"));

        let address = "https://ali:hush@id.example.com/token";
        let endpoint = ClientEndpoint::new("https://ali:hush@id.example.com", address);
        let shown = format!("{endpoint:?}");
        assert!(shown.contains("id.example.com/token"), "{shown}");
        assert!(!shown.contains("hush") && !shown.contains("ali"), "{shown}");
        let error = client.request(&endpoint, &FORM, NOW).await.unwrap_err();
        assert!(!error.to_string().contains("hush"), "{error}");
    }

    #[tokio::test]
    async fn settings_that_contradict_each_other_are_refused() {
        let client = ClientAuthentication::client_secret_basic("a:b", "hush").unwrap();
        let client = client.basic_encoding(BasicEncoding::Raw);
        let refused = client.request(&endpoint(), &FORM, NOW).await.unwrap_err();
        assert!(refused.to_string().contains("colon"), "{refused}");
    }
}
