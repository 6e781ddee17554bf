/// What is wrong with the settings of a [`RedisState`](crate::RedisState). It repeats nothing of
/// them: an address may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedisConfigError {
    /// The address cannot be used.
    #[error(
        "the address of Redis cannot be used: write it as `redis://user:password@host:6379/0`, where all but the host may be left out, and encode what is special in a password"
    )]
    Address,
    /// The address asks for TLS without verification.
    #[error(
        "the address of Redis asks for TLS without verification: leave out what follows the `#`, and trust its authority by `with_root_certificate`"
    )]
    Unverified,
    /// The address asks for TLS, and this build has none.
    #[error(
        "the address of Redis asks for TLS: switch on the feature `tls` of `portcullis-redis`, or write `redis://`"
    )]
    TlsIsOff,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}; check the certificates that this machine trusts")]
    Tls(String),
    /// What should be the certificate of an authority is none.
    #[error(
        "there is no certificate in what `with_root_certificate` was given: give that of the authority in PEM, `-----BEGIN CERTIFICATE-----`"
    )]
    RootCertificate,
    /// The operating system gives no random numbers.
    #[error("the operating system gives no random numbers: try again")]
    Randomness,
}
