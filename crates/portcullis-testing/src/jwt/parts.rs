//! The methods that every builder of a signed JWT has.

/// Implements, for a builder whose `draft` is a [`JwtDraft`](super::JwtDraft), what changes the
/// parts that every JWT has, and a `Debug` that shows them.
macro_rules! jwt_parts {
    ($builder:ident) => {
        impl $builder {
            /// Sets a claim to any JSON value.
            pub fn claim(
                mut self,
                name: impl Into<String>,
                value: impl Into<::serde_json::Value>,
            ) -> Self {
                self.draft.set_claim(name.into(), value.into());
                self
            }

            /// Removes a claim.
            pub fn without_claim(mut self, name: &str) -> Self {
                self.draft.remove_claim(name);
                self
            }

            /// These claims and no others, not even the defaults. Anything but an object has no
            /// claims.
            pub fn only_claims(mut self, claims: ::serde_json::Value) -> Self {
                self.draft.replace_claims(claims);
                self
            }

            /// Signs with the server's newest key for this algorithm; RS256 unless set.
            pub fn algorithm(mut self, algorithm: $crate::SigningAlgorithm) -> Self {
                self.draft.set_algorithm(algorithm);
                self
            }

            /// Signs with this key: one of the server, of another server, or of nobody. The
            /// header gets its `kid` and `alg`.
            pub fn signed_with(mut self, key: &$crate::SigningKey) -> Self {
                self.draft.set_key(key);
                self
            }

            /// Sets a member of the JOSE header, `alg`, `typ` and `kid` included. It changes what
            /// the header says, never how the token is signed.
            pub fn header(
                mut self,
                name: impl Into<String>,
                value: impl Into<::serde_json::Value>,
            ) -> Self {
                self.draft.set_header(name.into(), Some(value.into()));
                self
            }

            /// Removes a member of the JOSE header.
            pub fn without_header(mut self, name: impl Into<String>) -> Self {
                self.draft.set_header(name.into(), None);
                self
            }

            /// The JOSE header as bytes, well-formed or not; they are signed as they are.
            pub fn raw_header(mut self, header: impl Into<Vec<u8>>) -> Self {
                self.draft.set_raw_header(header.into());
                self
            }

            /// The payload as bytes, well-formed or not; they are signed as they are.
            pub fn raw_payload(mut self, payload: impl Into<Vec<u8>>) -> Self {
                self.draft.set_raw_payload(payload.into());
                self
            }

            /// These bytes as the signature, none included.
            pub fn signature(mut self, signature: impl Into<Vec<u8>>) -> Self {
                self.draft.set_signature(signature.into());
                self
            }
        }

        impl ::std::fmt::Debug for $builder {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($builder))
                    .field("draft", &self.draft)
                    .finish_non_exhaustive()
            }
        }
    };
}

pub(crate) use jwt_parts;
