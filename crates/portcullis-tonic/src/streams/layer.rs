use std::time::Duration;

use tower_layer::Layer;

use super::{EndWithToken, StreamEnd};

/// Ends streams with their token: those of the client, those of the method, and those of both.
///
/// A call is judged when it is opened. From then on this layer listens, as [`VerifiedToken::ended`] has
/// it: when the token expires, is revoked, or no longer suffices for what was required of it,
///
/// * the client gets 16 `UNAUTHENTICATED` (7 where the token does not suffice any more) with the reason
///   in the trailers, and the challenges;
/// * the method's own stream is dropped, which cancels what it was about to say, also while the client
///   takes nothing of it;
/// * whoever reads what the client sends reads that status as an error. The method itself is never
///   dropped: what it does with the error is its own.
///
/// **Calls with one message each way are left alone:** a payment that was made is answered. To tell them
/// from streams two frames of each body are read ahead; what goes on behind the first one, or keeps its
/// reader waiting, is a stream.
///
/// It belongs inside of the `AuthenticateLayer`; anonymous calls pass. Where only some methods are to end
/// so, say [`MethodGuard::ends_with_token`](crate::MethodGuard::ends_with_token) instead. It ends
/// gRPC-Web on either side of tonic-web's layer.
///
/// ```
/// use portcullis::{AuthenticateLayer, TokenVerifier};
/// use portcullis_tonic::EndWithTokenLayer;
/// use tonic::transport::Server;
///
/// fn server(verifier: impl TokenVerifier) {
///     let builder = Server::builder()
///         .layer(AuthenticateLayer::grpc(verifier))
///         .layer(EndWithTokenLayer::new());
///     // builder.add_service(…).serve(…)
/// #   drop(builder);
/// }
/// ```
///
/// [`VerifiedToken::ended`]: portcullis::VerifiedToken::ended
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct EndWithTokenLayer {
    end: StreamEnd,
}

impl EndWithTokenLayer {
    /// Listens to what the service is told of tokens.
    pub fn new() -> Self {
        Self {
            end: StreamEnd::WithToken,
        }
    }

    /// Asks the server as well, before the last answer about the token of a stream is older than `age`,
    /// 2 seconds at the least; see
    /// [`VerifiedToken::ended_within`](portcullis::VerifiedToken::ended_within).
    pub fn unless_active_within(age: Duration) -> Self {
        Self {
            end: StreamEnd::UnlessActiveWithin(age),
        }
    }
}

impl Default for EndWithTokenLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for EndWithTokenLayer {
    type Service = EndWithToken<S>;

    fn layer(&self, inner: S) -> EndWithToken<S> {
        EndWithToken::new(inner, self.end)
    }
}
