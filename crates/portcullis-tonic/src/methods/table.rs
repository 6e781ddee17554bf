use std::{collections::HashMap, sync::Arc};

use http::Uri;
use portcullis::Rejection;

use super::{
    MethodGuard, MethodsError, MethodsLayer,
    name::{Name, is_identifier},
    unlisted::Unlisted,
};

/// The service that tells whether others are well.
pub const HEALTH: &str = "grpc.health.v1.Health";

/// The services that tell which others there are, and what is in their messages.
pub const REFLECTION: [&str; 2] = [
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
];

/// Which method wants what. **The table is total:** a method that it does not list is refused with 7
/// `PERMISSION_DENIED`, whatever its token is, so that a slip of the pen opens nothing;
/// [`others`](Self::others) says otherwise.
///
/// A name is that of a service, `shop.v1.Orders`, or of a method, `shop.v1.Orders/List`, and is compared
/// whole with `:path`. A line about a method goes before the one about its service.
///
/// ```
/// use portcullis::{AuthenticateLayer, LiveVerifier, RequireRole};
/// use portcullis_tonic::{MethodGuard, Methods, MethodsError};
/// use tonic::transport::Server;
///
/// fn server(verifier: impl LiveVerifier) -> Result<(), MethodsError> {
///     let methods = Methods::new()
///         .guard("shop.v1.Orders/List", MethodGuard::token())
///         .guard("shop.v1.Orders/Pay", MethodGuard::active())
///         .guard(
///             "shop.v1.Orders/Close",
///             MethodGuard::token().requires(RequireRole::realm("clerk")),
///         )
///         .guard("shop.v1.Orders/Watch", MethodGuard::token().ends_with_token())
///         .exempt_health()
///         .build()?;
///     let builder = Server::builder().layer(methods.behind(AuthenticateLayer::grpc(verifier)));
///     // builder.add_service(…).serve(…)
/// #   drop(builder);
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Methods {
    lines: Vec<(String, Rule)>,
    others: Option<MethodGuard>,
}

/// What is said of a method.
#[derive(Debug, Clone)]
pub(super) enum Rule {
    /// It is nobody's business who calls it.
    Exempt,
    /// Who calls it is known where he says so.
    Optional,
    Guarded(Arc<MethodGuard>),
}

impl Methods {
    /// A table that refuses everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// What a method wants, or every method of a service that is not listed by itself.
    pub fn guard(self, name: impl Into<String>, guard: MethodGuard) -> Self {
        self.line(name, Rule::Guarded(Arc::new(guard)))
    }

    /// Lets everybody call a method, or every method of a service, without a token. One that comes along
    /// is not looked at: the request is anonymous.
    ///
    /// It takes [`MethodsLayer::behind`]: a layer that stands around the table by itself has judged the
    /// request before.
    pub fn exempt(self, name: impl Into<String>) -> Self {
        self.line(name, Rule::Exempt)
    }

    /// Lets everybody call a method, or every method of a service, without a token, but not with a bad
    /// one: [`optional_claims`](crate::RequestExt::optional_claims) tells who calls.
    ///
    /// It takes [`MethodsLayer::behind`] as well, or an
    /// [`AuthenticateLayer::optional`](portcullis::AuthenticateLayer::optional) around the table. A stream
    /// that is opened with a token goes on when that ends, as one goes on that was opened without.
    pub fn optional(self, name: impl Into<String>) -> Self {
        self.line(name, Rule::Optional)
    }

    /// Exempts [`HEALTH`], for orchestrators and load balancers.
    pub fn exempt_health(self) -> Self {
        self.exempt(HEALTH)
    }

    /// Exempts [`REFLECTION`], which tells everybody what the interface looks like.
    pub fn exempt_reflection(self) -> Self {
        REFLECTION.into_iter().fold(self, Self::exempt)
    }

    /// What a method wants that is not listed. Without it, it is refused.
    pub fn others(mut self, guard: MethodGuard) -> Self {
        self.others = Some(guard);
        self
    }

    /// The table as a layer.
    ///
    /// # Errors
    /// When a name is none, or stands twice.
    pub fn build(self) -> Result<MethodsLayer, MethodsError> {
        let mut table = Table {
            others: self.others.map(Arc::new),
            ..Table::default()
        };
        for (text, rule) in self.lines {
            let name = Name::parse(&text)?;
            let (rules, text) = match name {
                Name::Service(service) => (&mut table.services, service),
                Name::Method(method) => (&mut table.methods, method),
            };
            if rules.insert(text.clone(), rule).is_some() {
                return Err(MethodsError::ListedTwice(text.into()));
            }
            table.unlisted.knows_service_of(&text);
        }
        Ok(MethodsLayer::new(table))
    }

    fn line(mut self, name: impl Into<String>, rule: Rule) -> Self {
        self.lines.push((name.into(), rule));
        self
    }
}

/// What is looked up on each request.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// By the whole name, without the slash that it begins with in `:path`.
    methods: HashMap<Box<str>, Rule>,
    services: HashMap<Box<str>, Rule>,
    others: Option<Arc<MethodGuard>>,
    unlisted: Unlisted,
}

impl Table {
    /// The rule for a request, `None` where there is none.
    pub(super) fn rule(&self, uri: &Uri) -> Option<&Rule> {
        let name = uri.path().strip_prefix('/')?;
        let by_service = || {
            let (service, method) = name.split_once('/')?;
            // What is no name of a method is another spelling of one: of a line of its own, maybe.
            is_identifier(method)
                .then(|| self.services.get(service))
                .flatten()
        };
        self.methods.get(name).or_else(by_service)
    }

    /// What the method of a request wants; `None` where that is nothing.
    pub(super) fn guard(&self, uri: &Uri) -> Result<Option<&MethodGuard>, Rejection> {
        match self.rule(uri) {
            Some(Rule::Exempt | Rule::Optional) => Ok(None),
            Some(Rule::Guarded(guard)) => Ok(Some(guard)),
            None => match &self.others {
                Some(guard) => Ok(Some(guard)),
                None => Err(self.unlisted.refusal(uri.path())),
            },
        }
    }
}
