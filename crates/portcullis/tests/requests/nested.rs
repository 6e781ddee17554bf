//! A layer within a layer: what the outer route requires of a token it requires of that very
//! token behind the inner layer too.

use portcullis::{
    AccessToken, AuthenticateLayer, Credentials, Reason, RequestView, RequireActiveLayer,
    RequireRole, TokenVerifier, verifier_fn,
};
use serde_json::{Value, json};
use tower::{ServiceBuilder, util::option_layer};

use crate::support::{Live, Scripted, facts, greet, request, send, with_role};

/// What the token of an admin meets behind an outer route for admins and an inner layer.
async fn inside(inner: AuthenticateLayer, guard: Option<RequireActiveLayer>) -> u16 {
    let service = ServiceBuilder::new()
        .layer(AuthenticateLayer::new(Scripted::new(with_role("admin"))))
        .layer(RequireRole::realm("admin"))
        .layer(inner)
        .layer(option_layer(guard))
        .service_fn(greet);
    send(service, request(Some("good"))).await.status.as_u16()
}

/// Says the same of every token, but never at once.
fn later(claims: Value) -> impl TokenVerifier {
    verifier_fn(move |_, _| {
        let answer = facts(&claims, None);
        async move { answer }
    })
}

#[tokio::test]
async fn what_the_inner_layer_learns_is_held_against_the_outer_route() {
    let demoted = || Scripted::new(with_role("admin")).live(Live::Active(with_role("clerk")));
    let live = Some(RequireActiveLayer::live());
    assert_eq!(inside(AuthenticateLayer::new(demoted()), None).await, 200);
    assert_eq!(inside(AuthenticateLayer::new(demoted()), live).await, 403);
    let still = Scripted::new(with_role("admin"));
    assert_eq!(inside(AuthenticateLayer::new(still), live).await, 200);
    let ended = Scripted::new(with_role("admin")).live(Live::No(Reason::Inactive));
    assert_eq!(inside(AuthenticateLayer::new(ended), live).await, 401);
}

#[tokio::test]
async fn what_the_inner_layer_is_told_at_once_or_later_is_held_against_the_outer_route() {
    for (role, status) in [("admin", 200), ("clerk", 403)] {
        let at_once = AuthenticateLayer::new(Scripted::new(with_role(role)));
        assert_eq!(inside(at_once, None).await, status, "{role}");
        let waiting = AuthenticateLayer::new(later(with_role(role)));
        assert_eq!(inside(waiting, None).await, status, "{role}");
    }
}

#[tokio::test]
async fn of_another_token_nothing_is_required_but_what_its_own_route_requires() {
    let elsewhere =
        |_: RequestView<'_>| Ok(AccessToken::new("another").ok().map(Credentials::bearer));
    let layer = AuthenticateLayer::new(later(json!({ "sub": "zoe" }))).extractor(elsewhere);
    assert_eq!(inside(layer, None).await, 200);
}

#[tokio::test]
async fn a_requirement_passes_through_any_number_of_layers() {
    let inner = Scripted::new(with_role("admin")).live(Live::Active(with_role("clerk")));
    let service = ServiceBuilder::new()
        .layer(AuthenticateLayer::new(Scripted::new(with_role("admin"))))
        .layer(RequireRole::realm("admin"))
        .layer(AuthenticateLayer::new(Scripted::new(with_role("admin"))))
        .layer(AuthenticateLayer::new(inner))
        .layer(RequireActiveLayer::live())
        .service_fn(greet);
    assert_eq!(send(service, request(Some("good"))).await.status, 403);
}
