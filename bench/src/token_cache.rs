use portcullis::IssuerBuilder;

/// An issuer that may keep so many bytes of verified tokens.
pub fn with_token_cache(issuer: IssuerBuilder, bytes: u64) -> IssuerBuilder {
    issuer.verified_token_cache_bytes(bytes)
}
