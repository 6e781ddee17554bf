use portcullis::RequireRole;
use portcullis_tonic::{MethodGuard, Methods, MethodsError, MethodsLayer};

/// What each method wants. One that is not listed is refused.
pub(crate) fn methods() -> Result<MethodsLayer, MethodsError> {
    let admin = || MethodGuard::token().requires(RequireRole::realm("admin"));
    Methods::new()
        .guard("shop.v1.Orders/List", MethodGuard::token())
        .guard("shop.v1.Orders/Pay", MethodGuard::active())
        .guard("shop.v1.Orders/Close", admin())
        .guard("shop.v1.Orders/Refund", MethodGuard::token())
        .guard(
            "shop.v1.Orders/Watch",
            MethodGuard::token().ends_with_token(),
        )
        .exempt_health()
        // It tells everybody what the interface looks like. Leave it out where that is no good.
        .exempt_reflection()
        .build()
}
