use std::{fmt, io};

use redis::{
    AsyncConnectionConfig, ConnectionAddr, IntoConnectionInfo, ProtocolVersion,
    RedisConnectionInfo, RedisResult, aio::MultiplexedConnection, parse_redis_url,
};
use tokio::{net::TcpStream, runtime::Handle, task::AbortHandle};

use crate::RedisConfigError;
#[cfg(feature = "tls")]
use crate::tls::Tls;

/// Where Redis is, and as whom we come.
pub(crate) struct Address {
    host: String,
    port: u16,
    settings: RedisConnectionInfo,
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
}

impl Address {
    /// From a URL; `root_certificate` is one more authority that may vouch for the server, in PEM.
    pub(crate) fn parse(
        url: &str,
        root_certificate: Option<&[u8]>,
    ) -> Result<Self, RedisConfigError> {
        let mut url = parse_redis_url(url).ok_or(RedisConfigError::Address)?;
        let is_encrypted = match url.scheme() {
            "redis" | "valkey" => false,
            "rediss" | "valkeys" => true,
            _ => return Err(RedisConfigError::Address),
        };
        if url.fragment().is_some() {
            return Err(RedisConfigError::Unverified);
        }
        // TLS is ours: that of the client reaches for what is global to the process.
        url.set_scheme("redis")
            .map_err(|()| RedisConfigError::Address)?;
        let info = url
            .into_connection_info()
            .map_err(|_| RedisConfigError::Address)?;
        let ConnectionAddr::Tcp(host, port) = info.addr() else {
            return Err(RedisConfigError::Address);
        };
        #[cfg(not(feature = "tls"))]
        if is_encrypted || root_certificate.is_some() {
            return Err(RedisConfigError::TlsIsOff);
        }
        Ok(Self {
            #[cfg(feature = "tls")]
            tls: if is_encrypted {
                Some(Tls::new(host, root_certificate)?)
            } else {
                None
            },
            host: host.clone(),
            port: *port,
            settings: info
                .redis_settings()
                .clone()
                .set_protocol(ProtocolVersion::RESP2)
                .set_lib_name("portcullis-redis", env!("CARGO_PKG_VERSION")),
        })
    }

    /// A connection that has authenticated itself, and the task that drives it. Waits for as long as
    /// it takes.
    pub(crate) async fn connect(&self) -> RedisResult<(MultiplexedConnection, AbortHandle)> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        stream.set_nodelay(true)?;
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            return self.greet(tls.connect(stream).await?).await;
        }
        self.greet(stream).await
    }

    async fn greet<S>(&self, stream: S) -> RedisResult<(MultiplexedConnection, AbortHandle)>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        // How long anything may take is bounded by those who wait for it.
        let settings = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None);
        let (connection, driver) =
            MultiplexedConnection::new_with_config(&self.settings, stream, settings).await?;
        let runtime = Handle::try_current().map_err(io::Error::other)?;
        Ok((connection, runtime.spawn(driver).abort_handle()))
    }
}

/// Without user and password.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address")
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Address, RedisConfigError> {
        Address::parse(url, None)
    }

    #[test]
    fn an_address_has_a_host_and_may_have_the_rest() {
        let address = parse("redis://user:p%40ss@db.example:7000/3").unwrap();
        assert_eq!((&*address.host, address.port), ("db.example", 7000));
        assert_eq!(address.settings.username(), Some("user"));
        assert_eq!(address.settings.password(), Some("p@ss"));
        assert_eq!(address.settings.db(), 3);
        let address = parse("redis://[::1]").unwrap();
        assert_eq!((&*address.host, address.port), ("::1", 6379));
    }

    #[test]
    fn what_is_no_address_is_refused_and_not_repeated() {
        for url in [
            "",
            "secret",
            "http://:secret@host",
            "redis://:secret@",
            "redis://:secret@host/secret",
            "redis://:secret@host:secret",
            "redis+unix:///secret",
            "redis://host?protocol=secret",
        ] {
            let error = parse(url).map(drop).unwrap_err();
            assert_eq!(error, RedisConfigError::Address, "{url}");
            assert!(!error.to_string().contains("secret"), "{url}");
        }
        let insecure = parse("rediss://host/#insecure").map(drop);
        assert_eq!(insecure, Err(RedisConfigError::Unverified));
    }

    #[test]
    fn its_debug_has_no_password() {
        let address = parse("redis://someone:secret@host").unwrap();
        let shown = format!("{address:?}");
        assert!(
            !shown.contains("secret") && !shown.contains("someone"),
            "{shown}"
        );
    }

    #[cfg(not(feature = "tls"))]
    #[test]
    fn tls_that_is_not_built_in_is_an_error_and_not_left_out() {
        for url in ["rediss://host", "REDISS://host", "valkeys://host"] {
            assert_eq!(parse(url).map(drop), Err(RedisConfigError::TlsIsOff));
        }
    }
}
