//! The pages with code: each is the documentation of a module, as `build.rs` has written it.

macro_rules! pages {
    ($($name:ident $page:literal)+) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!(concat!(env!("OUT_DIR"), "/", $page))]
            mod $name {}
        )+

        /// The pages whose code is compiled, by their place in the repository.
        pub const PAGES: &[&str] = &[$($page),+];
    };
}

pages! {
    readme "README.md"
    introduction "docs/introduction.md"
    tutorial "docs/tutorial.md"
    errors "docs/errors.md"
    readiness "docs/readiness.md"
    revocation "docs/revocation.md"
    protect_a_route "docs/guides/protect-a-route.md"
    sensitive_route "docs/guides/sensitive-route.md"
    roles "docs/guides/roles.md"
    opaque_tokens "docs/guides/opaque-tokens.md"
    instant_logout "docs/guides/instant-logout.md"
    many_replicas "docs/guides/many-replicas.md"
    testing "docs/guides/testing.md"
    behind_a_proxy "docs/guides/behind-a-proxy.md"
    migrating "docs/guides/migrating.md"
    axum_keycloak_auth "docs/guides/migrating/axum-keycloak-auth.md"
    jwt_authorizer "docs/guides/migrating/jwt-authorizer.md"
    tower_oauth2_resource_server "docs/guides/migrating/tower-oauth2-resource-server.md"
}
