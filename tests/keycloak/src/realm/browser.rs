//! A user at a login page: one session for every client the user visits.

use std::collections::BTreeMap;

use portcullis_real_servers::http_client_with;
use reqwest::{RequestBuilder, Response, header, redirect::Policy};
use url::{Url, form_urlencoded};

use super::{Client, Realm, Tokens};
use crate::{SuiteError, User};

/// Where the clients of the realm file are sent back to. Nobody listens there: the answer is read
/// from the redirection.
const REDIRECT: &str = "http://127.0.0.1:3000/callback";

/// How many pages and redirections a login has at most.
const MOST_PAGES: usize = 8;

/// One user's browser: what it keeps in cookies is the single sign-on.
#[derive(Debug)]
pub struct Browser<'a> {
    realm: &'a Realm,
    user: &'a User,
    http: reqwest::Client,
    cookies: BTreeMap<String, String>,
    forms: usize,
}

impl<'a> Browser<'a> {
    /// A browser that knows nothing yet.
    ///
    /// # Errors
    /// When no HTTP client can be built.
    pub fn new(realm: &'a Realm, user: &'a User) -> Result<Self, SuiteError> {
        Ok(Self {
            realm,
            user,
            http: http_client_with(|client| client.redirect(Policy::none()))?,
            cookies: BTreeMap::new(),
            forms: 0,
        })
    }

    /// How many forms the user has filled in so far.
    #[must_use]
    pub fn forms(&self) -> usize {
        self.forms
    }

    /// Visits a client (authorization code flow), which is given tokens for `scope`. The first time
    /// the user types name and password; later visits are in the same session.
    ///
    /// # Errors
    /// When Keycloak gives no tokens.
    pub async fn visit(&mut self, client: Client<'_>, scope: &str) -> Result<Tokens, SuiteError> {
        self.visit_asking(client, scope, &[]).await
    }

    /// Visits a client that asks for more of the login, such as `acr_values` or `max_age` (OIDC Core
    /// §3.1.2.1). The user fills in whatever forms come up, with name and password.
    ///
    /// # Errors
    /// When Keycloak gives no tokens.
    pub async fn visit_asking(
        &mut self,
        client: Client<'_>,
        scope: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Tokens, SuiteError> {
        let mut url =
            Url::parse(&self.realm.endpoint("/auth")).map_err(|_| self.lost("an address"))?;
        url.query_pairs_mut()
            .append_pair("client_id", client.id)
            .append_pair("redirect_uri", REDIRECT)
            .append_pair("response_type", "code")
            .append_pair("scope", scope)
            .extend_pairs(parameters);
        let location = self.follow(url.as_str()).await?;
        let code = code_of(&location).ok_or_else(|| self.lost("a code"))?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", REDIRECT),
        ];
        self.realm.tokens(client, &form).await
    }

    /// Goes where a client sends the browser, and fills in whatever comes up there. Where it is sent back to.
    ///
    /// # Errors
    /// When Keycloak sends it nowhere.
    pub async fn follow(&mut self, url: &str) -> Result<String, SuiteError> {
        let mut answer = self.send(self.http.get(url)).await?;
        for _ in 0..MOST_PAGES {
            let location = answer.headers().get(header::LOCATION);
            let location = location.and_then(|location| location.to_str().ok());
            answer = match location.map(str::to_owned) {
                Some(inside) if inside.starts_with(self.realm.issuer()) => {
                    self.send(self.http.get(inside)).await?
                }
                Some(back) => return Ok(back),
                None if answer.status().is_success() => self.fill_in(answer).await?,
                None => break,
            };
        }
        Err(self.lost("a redirection"))
    }

    /// Logs out as a client has its users do it (OpenID Connect RP-Initiated Logout 1.0 §2). The page that
    /// comes up then; what it would load is not loaded.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn log_out(&mut self, id_token: &str) -> Result<String, SuiteError> {
        let mut url =
            Url::parse(&self.realm.endpoint("/logout")).map_err(|_| self.lost("an address"))?;
        url.query_pairs_mut().append_pair("id_token_hint", id_token);
        let answer = self.send(self.http.get(url)).await?;
        if !answer.status().is_success() {
            return Err(self.lost("a page that says so"));
        }
        let page = answer.text().await;
        page.map_err(SuiteError::http("reading the page after the logout"))
    }

    /// Sends the form of a page.
    async fn fill_in(&mut self, page: Response) -> Result<Response, SuiteError> {
        let page = page.text().await;
        let page = page.map_err(SuiteError::http("reading the login page"))?;
        let action = form_action(&page);
        // Some are relative.
        let action = Url::parse(self.realm.issuer())
            .ok()
            .and_then(|realm| realm.join(&action?).ok())
            .ok_or_else(|| self.lost("a form"))?;
        let form = [
            ("username", &self.user.name),
            ("password", &self.user.password),
        ];
        self.forms += 1;
        self.send(self.http.post(action).form(&form)).await
    }

    async fn send(&mut self, request: RequestBuilder) -> Result<Response, SuiteError> {
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let response = request
            .header(header::COOKIE, cookies.join("; "))
            .send()
            .await
            .map_err(SuiteError::http("visiting the login page"))?;
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().ok().and_then(|it| it.split(';').next());
            if let Some((name, value)) = pair.and_then(|pair| pair.split_once('=')) {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(response)
    }

    fn lost(&self, member: &'static str) -> SuiteError {
        SuiteError::Missing {
            doing: format!("logging {} in with a browser", self.user.name),
            member,
            body: "what Keycloak showed".to_owned(),
        }
    }
}

/// Where the first form of a page is sent to.
fn form_action(page: &str) -> Option<String> {
    let (_, form) = page.split_once("<form")?;
    let (_, action) = form.split_once("action=\"")?;
    let (action, _) = action.split_once('"')?;
    Some(action.replace("&amp;", "&"))
}

fn code_of(location: &str) -> Option<String> {
    let (_, query) = location.split_once('?')?;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find_map(|(name, value)| (name == "code").then(|| value.into_owned()))
}
