use std::sync::Arc;

use portcullis::{Reason, Requirement, VerifiedToken};
use serde::de::DeserializeOwned;
use tonic::{Request, Status};

use crate::status::{challenging, status};

/// What a method asks of the token of its request.
///
/// ```
/// use portcullis::RequireRole;
/// use portcullis_tonic::RequestExt;
/// use tonic::{Request, Response, Status};
///
/// #[derive(serde::Deserialize)]
/// struct ShopUser {
///     sub: String,
/// }
///
/// async fn close(request: Request<String>) -> Result<Response<String>, Status> {
///     let user = request.claims::<ShopUser>()?;
///     if request.get_ref() == "books" {
///         request.require(RequireRole::client("ledger", "accountant"))?;
///     }
///     Ok(Response::new(format!("closed by {}", user.sub)))
/// }
/// ```
///
/// Outside of an `AuthenticateLayer` all of it is 13 `INTERNAL`, and a line in the log that says so.
pub trait RequestExt: private::Sealed {
    /// The token itself.
    ///
    /// # Errors
    /// 16 when the request is anonymous, which needs a layer or a line of the table that lets such
    /// requests in.
    fn verified_token(&self) -> Result<&VerifiedToken, Status>;

    /// The claims as a type of your own, deserialized once per token and type: what the token said when
    /// it was verified, or, after [`require_active`](crate::require_active), what the server has just
    /// said of it.
    ///
    /// # Errors
    /// As [`verified_token`](Self::verified_token); 7 when the claims do not fit the type, and the place
    /// in the log: the token is good all the same.
    fn claims<T>(&self) -> Result<Arc<T>, Status>
    where
        T: DeserializeOwned + Send + Sync + 'static;

    /// The same where a token is optional: `None` for an anonymous request, and for nothing else.
    ///
    /// # Errors
    /// 7 when the claims do not fit the type.
    fn optional_claims<T>(&self) -> Result<Option<Arc<T>>, Status>
    where
        T: DeserializeOwned + Send + Sync + 'static;

    /// Requires something of the token, a role or a scope: judged now, and on whatever newer facts this
    /// request will learn.
    ///
    /// # Errors
    /// As [`verified_token`](Self::verified_token); 7 as a rule, as the requirement has it.
    fn require(&self, requirement: impl Requirement) -> Result<(), Status>;
}

impl<M> RequestExt for Request<M> {
    fn verified_token(&self) -> Result<&VerifiedToken, Status> {
        VerifiedToken::of(self.extensions()).map_err(status)
    }

    fn claims<T>(&self) -> Result<Arc<T>, Status>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        claims(self.verified_token()?)
    }

    fn optional_claims<T>(&self) -> Result<Option<Arc<T>>, Status>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        match VerifiedToken::of(self.extensions()) {
            Err(rejection) if rejection.reason() == Reason::MissingToken => Ok(None),
            Err(rejection) => Err(status(rejection)),
            Ok(token) => claims(token).map(Some),
        }
    }

    fn require(&self, requirement: impl Requirement) -> Result<(), Status> {
        let token = self.verified_token()?;
        let met = token.require(requirement);
        met.map_err(|rejection| challenging(rejection, token))
    }
}

fn claims<T>(token: &VerifiedToken) -> Result<Arc<T>, Status>
where
    T: DeserializeOwned + Send + Sync + 'static,
{
    let claims = token.claims();
    claims.map_err(|rejection| challenging(rejection, token))
}

mod private {
    pub trait Sealed {}

    impl<M> Sealed for tonic::Request<M> {}
}
