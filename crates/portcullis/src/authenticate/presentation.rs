use http::HeaderValue;

use super::{Admission, Authenticator, guarded::guarded};
use crate::{
    Credentials, Reason, Rejection, RequestView, Scheme,
    binding::{Possession, ProofUse},
};

/// What a request presented, as far as its answer depends on it.
#[derive(Debug, Default)]
pub(super) struct Presentation {
    /// The scheme of its credentials.
    pub(super) scheme: Option<Scheme>,
    /// A nonce for the proofs to come.
    pub(super) nonce: Option<HeaderValue>,
    /// Whether its answer must not be kept by others.
    pub(super) is_private: bool,
}

impl Authenticator {
    /// Judges what the request proves beside its token, once, and notes it with the credentials: what a
    /// layer further out has judged of the same token is taken over, unless this one insists on more.
    pub(super) fn prove(
        &self,
        request: RequestView<'_>,
        credentials: &mut Credentials,
        presentation: &mut Presentation,
    ) -> Result<Option<Box<ProofUse>>, Rejection> {
        if self.dpop.is_none()
            && self.certificates.is_none()
            && credentials.scheme == Scheme::Bearer
        {
            return Ok(None);
        }
        let mut possession = Possession::default();
        if let Some(source) = &self.certificates {
            possession.certificate =
                guarded("a certificate source panicked", || source.find(request))?;
        }
        let mut proof = None;
        if credentials.scheme == Scheme::Dpop {
            let Some(dpop) = &self.dpop else {
                let diagnosis = "an extractor has found credentials under `DPoP`, and the layer judges no proofs: say `.dpop(..)`";
                return Err(Rejection::because(Reason::SenderConstrained, diagnosis));
            };
            let outer = Admission::proven_key(request.extensions, credentials);
            possession.key = match outer {
                Some((key, outer)) if outer.suffices_for(dpop) => Some(key),
                outer => {
                    presentation.nonce = dpop.nonce(self.clock().now());
                    let proven = guarded("a source of request URIs panicked", || {
                        dpop.judge(request, &credentials.token, self.clock())
                    })?;
                    presentation.nonce = proven.next_nonce;
                    let is_taken = outer.is_some_and(|(_, outer)| outer.has_taken_for(dpop));
                    proof = (!is_taken).then(|| Box::new(proven.proof));
                    Some(proven.key)
                }
            };
        }
        credentials.prove(possession);
        Ok(proof)
    }
}
