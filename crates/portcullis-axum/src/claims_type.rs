use serde::de::DeserializeOwned;

/// What [`Claims<T>`](crate::Claims) and [`RequireActive<T>`](crate::RequireActive) can hand to a
/// handler: every type that `serde` can build and that owns what it holds. There is nothing to
/// implement.
///
/// ```
/// #[derive(serde::Deserialize)]
/// struct ShopUser {
///     sub: String,
///     email: Option<String>,
/// }
/// # fn takes<T: portcullis_axum::ClaimsType>() {}
/// # takes::<ShopUser>();
/// ```
///
/// A type that borrows from the token's text is none:
///
/// ```compile_fail,E0277
/// #[derive(serde::Deserialize)]
/// struct Borrowed<'a> {
///     sub: &'a str,
/// }
/// # fn takes<T: portcullis_axum::ClaimsType>() {}
/// # takes::<Borrowed<'static>>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from the claims of a token",
    label = "cannot be deserialized from claims",
    note = "add `#[derive(serde::Deserialize)]` to `{Self}`; it must own its data (`String`, not `&str`) and be `Send + Sync`",
    note = "for all claims as they are, take `serde_json::Value`"
)]
pub trait ClaimsType: DeserializeOwned + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + Send + Sync + 'static> ClaimsType for T {}
