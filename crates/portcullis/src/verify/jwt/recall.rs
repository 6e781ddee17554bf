use std::{fmt, ptr, sync::Arc};

use super::token_tag::TokenTag;
use crate::{AccessToken, TokenFacts, TokenVerifier};

/// A token as it is remembered, or may be.
#[derive(Default)]
pub struct Recalled {
    pub(super) tag: Option<TokenTag>,
    pub(super) known: Option<Arc<TokenFacts>>,
}

impl Recalled {
    /// Whether the token was verified before.
    pub(crate) fn is_known(&self) -> bool {
        self.known.is_some()
    }
}

/// Bytes that may be a token: whether they are, nobody has looked.
#[derive(Clone, Copy)]
pub struct Recall<'a> {
    pub(super) token: &'a [u8],
}

impl<'a> Recall<'a> {
    pub(crate) fn of(token: &'a [u8]) -> Self {
        Self { token }
    }
}

/// Where an extractor asks whether the bytes that it has found are a token that was verified before:
/// then their characters need not be looked at again.
pub struct Memory<'a> {
    verifier: &'a dyn TokenVerifier,
    /// The bytes that were asked about last, and what came of it.
    recalled: Option<(&'a [u8], Recalled)>,
}

impl<'a> Memory<'a> {
    pub(crate) fn of(verifier: &'a dyn TokenVerifier) -> Self {
        Self {
            verifier,
            recalled: None,
        }
    }

    /// Whether these bytes are a token that was verified before.
    pub(crate) fn knows(&mut self, token: &'a [u8]) -> bool {
        let recalled = self.verifier.recall(Recall::of(token));
        let is_known = recalled.is_known();
        self.recalled = Some((token, recalled));
        is_known
    }

    /// What is remembered of this token, if it is what was asked about last. What is remembered of other
    /// bytes says nothing of it.
    pub(crate) fn into_recalled_of(self, token: &AccessToken) -> Option<Recalled> {
        let (asked, recalled) = self.recalled?;
        let token = token.as_bytes();
        // A token shares its bytes with the header that it came in: as a rule nobody looks at them.
        (ptr::eq(asked, token) || asked == token).then_some(recalled)
    }
}

impl fmt::Debug for Recalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recalled")
    }
}

impl fmt::Debug for Recall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recall")
    }
}

impl fmt::Debug for Memory<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory")
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Request, header};

    use super::*;
    use crate::{
        Authenticator, ClockReading, Credentials, Expectations, Freshness, Outcome, Reason,
        Rejection, RequestView, TokenExtractor, Verification,
    };

    /// Remembers the token `known`, and refuses every other.
    struct Remembering(Arc<TokenFacts>);

    impl Remembering {
        fn new() -> Self {
            let expectations = Arc::new(Expectations::danger_any_audience());
            let facts = TokenFacts::from_json(r#"{"sub":"ali"}"#, &expectations);
            Self(facts.unwrap().into())
        }
    }

    impl TokenVerifier for Remembering {
        fn verify(&self, _: &Credentials, _: Freshness) -> Verification {
            Verification::now(Err(Reason::BadSignature.into()))
        }

        fn recall(&self, bytes: Recall<'_>) -> Recalled {
            Recalled {
                tag: None,
                known: (bytes.token == b"known").then(|| self.0.clone()),
            }
        }

        fn verify_recalled(
            &self,
            credentials: &Credentials,
            recalled: Recalled,
            _: ClockReading,
        ) -> Verification {
            match recalled.known {
                Some(known) => Verification::now(Ok(known)),
                None => self.verify(credentials, Freshness::AsConfigured),
            }
        }

        fn can_ask(&self) -> bool {
            false
        }
    }

    /// Asks about what is in `Authorization`, and takes the token from another header.
    struct Elsewhere;

    impl TokenExtractor for Elsewhere {
        fn find(&self, request: RequestView<'_>) -> Result<Option<Credentials>, Rejection> {
            let token = request.headers.get("x-token").unwrap().to_str().unwrap();
            Ok(Some(Credentials::bearer(AccessToken::new(token).unwrap())))
        }

        fn find_remembering<'r>(
            &self,
            request: RequestView<'r>,
            memory: &mut Memory<'r>,
        ) -> Result<Option<Credentials>, Rejection> {
            let asked = request.headers.get(header::AUTHORIZATION);
            memory.knows(asked.unwrap().as_bytes());
            self.find(request)
        }
    }

    #[test]
    fn a_token_is_not_judged_by_what_is_remembered_of_another() {
        let authenticator = Arc::new(Authenticator::new(Remembering::new()).extractor(Elsewhere));
        let outcome = |asked, token| {
            let mut request = Request::new(());
            let headers = request.headers_mut();
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static(asked));
            headers.insert("x-token", HeaderValue::from_static(token));
            match authenticator.begin((&request).into()) {
                Outcome::Verified(_) => None,
                Outcome::Rejected(rejection) => Some(rejection.reason()),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(outcome("known", "known"), None);
        for (asked, token) in [
            ("known", "other"),
            ("known", "knowns"),
            ("known", "know"),
            ("other", "known"),
        ] {
            let refused = Some(Reason::BadSignature);
            assert_eq!(outcome(asked, token), refused, "{asked} {token}");
        }
    }

    #[test]
    fn what_is_remembered_is_of_the_very_bytes_that_were_asked_about() {
        let verifier = Remembering::new();
        for (asked, token, is_of_it) in [
            ("abc", "abc", true),
            ("abc", "abd", false),
            ("abc", "ab", false),
            ("ab", "abc", false),
        ] {
            let mut memory = Memory::of(&verifier);
            memory.knows(asked.as_bytes());
            let recalled = memory.into_recalled_of(&AccessToken::new(token).unwrap());
            assert_eq!(recalled.is_some(), is_of_it, "{asked} {token}");
        }
        let unasked = Memory::of(&verifier);
        let recalled = unasked.into_recalled_of(&AccessToken::new("abc").unwrap());
        assert!(recalled.is_none());
    }
}
