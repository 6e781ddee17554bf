use portcullis::RequireRole;
use portcullis_tonic::{HEALTH, MethodGuard, Methods, MethodsError, MethodsLayer};

/// What each method wants. One that is not listed is refused.
pub(crate) fn methods(reflection: bool) -> Result<MethodsLayer, MethodsError> {
    let admin = || MethodGuard::token().requires(RequireRole::realm("admin"));
    let methods = Methods::new()
        .guard("shop.v1.Orders/List", MethodGuard::token())
        .guard("shop.v1.Orders/Pay", MethodGuard::active())
        .guard("shop.v1.Orders/Close", admin())
        .guard("shop.v1.Orders/Refund", MethodGuard::token())
        .guard(
            "shop.v1.Orders/Watch",
            MethodGuard::token().ends_with_token(),
        )
        // Whoever looks after the server asks now and then. A watch lasts, and is for those with tokens.
        .exempt(format!("{HEALTH}/Check"))
        .guard(HEALTH, MethodGuard::token().ends_with_token());
    if reflection {
        methods.exempt_reflection().build()
    } else {
        methods.build()
    }
}
