//! The page at the root of the demo: which routes notice that a token is over, how soon, and what it
//! costs.

mod actions;
mod authority;
mod call;
mod counted;
mod gate;
mod notices;
mod page;
mod protected;
mod refusal;
mod scene;
mod tokens;
mod unguessable;

use std::{fmt, sync::Arc, time::Instant};

use axum::{Router, extract::DefaultBodyLimit, middleware};
use portcullis_testing::AuthorizationServer;

pub(super) use self::{authority::Registration, protected::NOTICES};
use self::{
    authority::{Authority, Embedded, Yours},
    call::Caller,
    gate::Gate,
    notices::TakenNotices,
    protected::{Counters, Service},
    tokens::Tokens,
};
use super::DemoError;

/// What an action says is shorter.
const BODY_LIMIT: usize = 4096;

/// What the actions of the page work on.
#[derive(Debug)]
struct Playground {
    authority: Authority,
    caller: Caller,
    tokens: Tokens,
    notices: TakenNotices,
    began: Instant,
}

/// The page with everything behind it.
pub(super) struct Page {
    /// The page, its actions, and the routes that it calls.
    pub(super) router: Router,
    /// The URL that opens it, with the key in it: for whoever started the demo.
    pub(super) start_url: String,
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").finish_non_exhaustive()
    }
}

/// An API as its authorization server knows it.
#[derive(Clone, Copy)]
pub(super) struct Api<'a> {
    /// Its origin, as browsers write it.
    pub(super) origin: &'a str,
    pub(super) audience: &'a str,
    pub(super) client_id: &'a str,
    pub(super) client_secret: &'a str,
    /// The client that users log in with, and that is told of logouts.
    pub(super) front_end: &'a str,
}

impl fmt::Debug for Api<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("origin", &self.origin)
            .field("audience", &self.audience)
            .field("client_id", &self.client_id)
            .field("front_end", &self.front_end)
            .finish_non_exhaustive()
    }
}

impl Page {
    /// The page before the demo's own authorization server.
    pub(super) async fn embedded(
        api: Api<'_>,
        server: &Arc<AuthorizationServer>,
    ) -> Result<Self, DemoError> {
        let authority = Embedded::new(server, api.audience, api.front_end);
        Self::before(api, Authority::Embedded(Arc::new(authority))).await
    }

    /// The page before somebody else's.
    pub(super) async fn yours(api: Api<'_>, registration: Registration) -> Result<Self, DemoError> {
        let server = Yours::discover(registration).await?;
        Self::before(api, Authority::Yours(Arc::new(server))).await
    }

    async fn before(api: Api<'_>, authority: Authority) -> Result<Self, DemoError> {
        let counters = Counters::default();
        let service = Service {
            issuer: authority.issuer(),
            api,
        };
        let notices = TakenNotices::default();
        let protected = service.routes(&counters, &notices).await?;
        let playground = Arc::new(Playground {
            caller: Caller::new(api.origin, &counters)?,
            tokens: Tokens::default(),
            notices,
            began: Instant::now(),
            authority,
        });
        let gate = Gate::new(api.origin)?;
        let actions = actions::router(&playground)
            .layer(DefaultBodyLimit::max(BODY_LIMIT))
            .layer(middleware::from_fn_with_state(gate.clone(), gate::action));
        let page = page::router()
            .merge(actions::callback(&playground))
            .merge(actions)
            .layer(middleware::map_response(page::guarded));
        Ok(Self {
            router: page.merge(protected),
            start_url: gate.start_url(),
        })
    }
}
