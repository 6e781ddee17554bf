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
    /// Whether it says what is wrong, as an [`Error`].
    has_body: bool,
}

const CHALLENGE: Option<(&str, &str)> = Some((
    "WWW-Authenticate",
    "What is wrong, and what is needed (RFC 6750 §3)",
));

/// What every protected route may answer, instead of what it is for: Portcullis, and the limits around it.
pub(crate) const REFUSALS: [Refusal; 7] = [
    Refusal {
        status: "400",
        name: "MalformedCredentials",
        description: "The request has not exactly one set of credentials",
        header: CHALLENGE,
        has_body: true,
    },
    Refusal {
        status: "401",
        name: "Unauthenticated",
        description: "There is no access token, or none that is good here: get a new one",
        header: CHALLENGE,
        has_body: true,
    },
    Refusal {
        status: "403",
        name: "InsufficientScope",
        description: "The access token is good and does not suffice",
        header: CHALLENGE,
        has_body: true,
    },
    Refusal {
        status: "413",
        name: "TooLong",
        description: "The body is too long",
        header: None,
        has_body: false,
    },
    Refusal {
        status: "500",
        name: "Misconfigured",
        description: "Something is wrong with this service: no token can be judged until somebody has read its log",
        header: None,
        has_body: true,
    },
    Refusal {
        status: "503",
        name: "Unavailable",
        description: "Whether the token is good cannot be known at the moment; nothing has happened",
        header: Some(("Retry-After", "How many seconds to wait")),
        has_body: true,
    },
    Refusal {
        status: "504",
        name: "TooSlow",
        description: "It took too long: what was asked for may have happened",
        header: None,
        has_body: false,
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
    // OpenID Connect Discovery §4: a slash at the end of the issuer is no second one here.
    let issuer = issuer.trim_end_matches('/');
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
        let mut response = ResponseBuilder::new().description(self.description);
        if self.has_body {
            let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("Error")));
            response = response.content("application/json", body.build());
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_the_metadata_has_one_slash() {
        let place = "https://id.example.com/.well-known/openid-configuration";
        for issuer in ["https://id.example.com", "https://id.example.com/"] {
            let json = serde_json::to_value(document(issuer)).unwrap();
            let scheme = &json["components"]["securitySchemes"][SCHEME];
            assert_eq!(scheme["openIdConnectUrl"], place, "{issuer}");
        }
    }
}
