//! What can go wrong on the server's side of a test.

use std::{io, net::SocketAddr};

/// The server could not be started, or not be started again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address could not be bound or listened on.
    #[error("cannot listen on `{address}`")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// The keys of the server could not be made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The certificates of the server could not be made.
    #[cfg(feature = "tls")]
    #[error("cannot make the certificates of the server: {reason}")]
    Tls {
        /// What the backend said.
        reason: String,
    },
    /// The server is running already.
    #[error("the server is running already, stop it before starting it again")]
    Running,
    /// The runtime ended while the server was starting.
    #[error("the runtime ended while the server was starting")]
    RuntimeEnded,
}

/// A key could not be made, read or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The backend could not generate a key.
    #[error("cannot generate a key for `{algorithm}`")]
    Generate {
        /// The algorithm that the key was for.
        algorithm: &'static str,
    },
    /// The key is of another family than the algorithm.
    #[error("a key for `{key}` cannot sign with `{algorithm}`")]
    Family {
        /// The algorithm of the key.
        key: &'static str,
        /// The algorithm that was asked for.
        algorithm: &'static str,
    },
    /// The text is not a public key in PEM.
    #[error("not a public key in PEM: it begins with `-----BEGIN PUBLIC KEY-----`")]
    Pem,
    /// The backend did not give the private key away.
    #[error("cannot export the private key for `{algorithm}`")]
    Export {
        /// The algorithm of the key.
        algorithm: &'static str,
    },
    /// The backend refused to sign.
    #[error("cannot sign with `{algorithm}`: {reason}")]
    Sign {
        /// The algorithm that was asked for.
        algorithm: &'static str,
        /// What the backend said.
        reason: String,
    },
}

/// Something that was pushed met no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// The URL is not one that this server can push to.
    #[error("cannot push to `{url}`, only to plain HTTP, as in `http://127.0.0.1:8080/logout`")]
    Url {
        /// The URL that was given.
        url: String,
    },
    /// The receiver could not be reached, or the connection broke under the request.
    #[error("cannot reach the receiver at `{url}`")]
    Connection {
        /// The URL of the receiver.
        url: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The receiver had not answered after five seconds.
    #[error("the receiver at `{url}` did not answer within five seconds")]
    Silence {
        /// The URL of the receiver.
        url: String,
    },
    /// What came back breaks off, is no answer of HTTP/1.1, or is longer than 1 MiB.
    #[error("the receiver at `{url}` did not answer in HTTP/1.1, or with more than 1 MiB")]
    Answer {
        /// The URL of the receiver.
        url: String,
    },
}

impl KeyError {
    /// The value, or the end of the test that asked for it.
    #[expect(
        clippy::panic,
        reason = "a test cannot go on without its keys, and `Result` at every mint would hide what is tested"
    )]
    #[track_caller]
    pub(crate) fn or_panic<T>(result: Result<T, Self>) -> T {
        result.unwrap_or_else(|error| panic!("{error}"))
    }
}
