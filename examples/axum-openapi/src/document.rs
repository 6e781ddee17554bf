//! What the document says of all protected routes: where tokens come from, and how they are refused.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Components, ContentBuilder, HeaderBuilder, InfoBuilder, ObjectBuilder, OpenApi,
        OpenApiBuilder, Ref, Response, ResponseBuilder, Type,
        security::{OpenIdConnect, SecurityScheme},
    },
};

/// The name of the security scheme.
pub(crate) const SCHEME: &str = "access_token";

/// One way in which requests are refused before the handler runs.
pub(crate) struct Refusal {
    pub(crate) status: &'static str,
    pub(crate) name: &'static str,
    description: &'static str,
    header: Option<(&'static str, &'static str)>,
}

const CHALLENGE: Option<(&str, &str)> = Some((
    "WWW-Authenticate",
    "What is wrong, and what is needed (RFC 6750 §3)",
));

/// What every protected route may answer, instead of what it is for.
pub(crate) const REFUSALS: [Refusal; 4] = [
    Refusal {
        status: "400",
        name: "MalformedCredentials",
        description: "The request has not exactly one set of credentials",
        header: CHALLENGE,
    },
    Refusal {
        status: "401",
        name: "Unauthenticated",
        description: "There is no access token, or none that is good here: get a new one",
        header: CHALLENGE,
    },
    Refusal {
        status: "403",
        name: "InsufficientScope",
        description: "The access token is good and does not suffice",
        header: CHALLENGE,
    },
    Refusal {
        status: "503",
        name: "Unavailable",
        description: "Whether the token is good cannot be known at the moment; nothing has happened",
        header: Some(("Retry-After", "How many seconds to wait")),
    },
];

/// The body of a refusal.
#[derive(ToSchema)]
#[expect(dead_code, reason = "Portcullis writes it; here it is described")]
struct Error {
    /// A code, such as `invalid_token`
    error: String,
    /// A sentence
    error_description: String,
}

/// The beginning of the document, to which the routes add themselves.
pub(crate) fn document(issuer: &str) -> OpenApi {
    let discovery = format!("{issuer}/.well-known/openid-configuration");
    let scheme = SecurityScheme::OpenIdConnect(OpenIdConnect::new(discovery));
    let mut components = Components::new();
    components.add_security_scheme(SCHEME, scheme);
    components
        .schemas
        .insert("Error".to_owned(), Error::schema());
    for refusal in REFUSALS {
        let response = refusal.response().into();
        components
            .responses
            .insert(refusal.name.to_owned(), response);
    }
    let info = InfoBuilder::new()
        .title(env!("CARGO_PKG_NAME"))
        .version(env!("CARGO_PKG_VERSION"));
    OpenApiBuilder::new()
        .info(info.build())
        .components(Some(components))
        .build()
}

impl Refusal {
    fn response(&self) -> Response {
        let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("Error")));
        let response = ResponseBuilder::new()
            .description(self.description)
            .content("application/json", body.build());
        match self.header {
            None => response.build(),
            Some((name, description)) => {
                let text = ObjectBuilder::new().schema_type(Type::String);
                let header = HeaderBuilder::new()
                    .schema(Some(text))
                    .description(Some(description));
                response.header(name, header.build()).build()
            }
        }
    }
}
