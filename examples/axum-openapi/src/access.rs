//! What a route demands of a token: the guard that judges it and the words that tell of it, both made
//! from one value, so that neither can be without the other.

use axum::Router;
use portcullis::{AuthenticateLayer, ConfigError, RequireActiveLayer, RequireScope, TokenVerifier};
use utoipa::openapi::{
    Ref, RefOr,
    path::{Operation, PathItem},
    security::SecurityRequirement,
};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::document::{REFUSALS, SCHEME};

/// What a route demands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Access {
    scopes: &'static [&'static str],
    is_live: bool,
}

impl Access {
    /// A good token.
    pub(crate) const fn any_token() -> Self {
        Self::scopes(&[])
    }

    /// A good token that has all of these scopes.
    pub(crate) const fn scopes(scopes: &'static [&'static str]) -> Self {
        Self {
            scopes,
            is_live: false,
        }
    }

    /// And one that the server calls active now.
    pub(crate) const fn live(self) -> Self {
        Self {
            is_live: true,
            ..self
        }
    }

    fn guard(self, routes: UtoipaMethodRouter) -> Result<UtoipaMethodRouter, ConfigError> {
        let (schemas, mut paths, mut routes) = routes;
        for item in paths.paths.values_mut() {
            for operation in operations(item) {
                self.describe(operation);
            }
        }
        if self.is_live {
            routes = routes.route_layer(RequireActiveLayer::live());
        }
        if !self.scopes.is_empty() {
            routes = routes.route_layer(RequireScope::all(self.scopes)?);
        }
        Ok((schemas, paths, routes))
    }

    fn describe(self, operation: &mut Operation) {
        let requirement = SecurityRequirement::new(SCHEME, self.scopes.iter().copied());
        operation.security = Some(vec![requirement]);
        for refusal in REFUSALS {
            let response = RefOr::Ref(Ref::from_response_name(refusal.name));
            let status = refusal.status.to_owned();
            operation.responses.responses.insert(status, response);
        }
        if self.is_live {
            let live = "The authorization server is asked whether the token is active before anything is done.";
            let description = operation.description.get_or_insert_default();
            if !description.is_empty() {
                description.push_str("\n\n");
            }
            description.push_str(live);
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.delete,
        &mut item.options,
        &mut item.head,
        &mut item.patch,
        &mut item.trace,
    ]
    .into_iter()
    .flatten()
}

/// Routes that want a token. There is no way to add one without saying what it demands.
#[derive(Default)]
pub(crate) struct Protected {
    routes: OpenApiRouter,
}

impl Protected {
    /// Adds what `routes!` has collected.
    pub(crate) fn route(
        self,
        access: Access,
        routes: UtoipaMethodRouter,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            routes: self.routes.routes(access.guard(routes)?),
        })
    }

    /// The routes behind the layer that judges tokens.
    pub(crate) fn behind(self, verifier: impl TokenVerifier) -> OpenApiRouter {
        self.routes.layer(AuthenticateLayer::new(verifier))
    }
}

/// The router and the document of it at `/openapi.json`.
pub(crate) fn with_document(routes: OpenApiRouter) -> Router {
    let (router, document) = routes.split_for_parts();
    let document = axum::Json(document);
    router.route(
        "/openapi.json",
        axum::routing::get(move || async move { document }),
    )
}
