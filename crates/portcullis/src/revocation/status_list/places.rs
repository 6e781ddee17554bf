use crate::{ConfigError, http_client::ServerUrl};

/// Where the status lists of an issuer may be: a token names the address of its list, and no other
/// place is ever called for it.
///
/// Lists are fetched by the issuer's own HTTP client, have to be signed by its keys, and are kept for
/// as long as they say (`ttl`, `exp`), within bounds. Where a list cannot be had the token is
/// answered 503. A token without a `status` has none to look up, and is good.
#[derive(Debug, Clone)]
pub struct StatusLists {
    places: Vec<String>,
    max_bytes: usize,
}

impl StatusLists {
    /// At the issuer's own origin: scheme, host and port.
    #[must_use]
    pub fn at_issuer() -> Self {
        Self {
            places: Vec::new(),
            max_bytes: 64 << 20,
        }
    }

    /// At this place, too: an origin such as `https://status.example.com`, or a path of one with
    /// everything below it, such as `https://cdn.example.com/lists`. A mistake in it is reported by
    /// `build`.
    #[must_use]
    pub fn or_at(mut self, place: impl Into<String>) -> Self {
        self.places.push(place.into());
        self
    }

    /// How many bytes of lists are kept, unpacked; 64 MiB unless set, which is 536 million tokens of one
    /// bit. Where they do not suffice, the list that was not needed for longest makes room and is
    /// fetched again when it is; a list that was fetched in the last five seconds stays, and a token
    /// whose list finds no room is 503. No list may be longer than this, nor than 16 MiB.
    #[must_use]
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// The same, if there is room for any list.
    pub(crate) fn room(&self) -> Result<usize, ConfigError> {
        if self.max_bytes == 0 {
            return Err(ConfigError::new(
                "status_lists",
                "`max_bytes` leaves no room for any list",
                "give it MiB; 64 are the default",
            ));
        }
        Ok(self.max_bytes)
    }

    /// The places, the issuer's origin first.
    pub(crate) fn allowed(
        &self,
        issuer: &str,
        allows_http: bool,
    ) -> Result<Vec<ServerUrl>, ConfigError> {
        let place = |place| ServerUrl::configured("status_lists", place, allows_http);
        let mut allowed = vec![place(issuer)?.with_path("/")];
        for own in &self.places {
            let own = place(own)?;
            if own.url().query().is_some() {
                return Err(ConfigError::new(
                    "status_lists",
                    format!("{own} has a query, and a place is a path with everything below it"),
                    "leave the query out",
                ));
            }
            allowed.push(own);
        }
        Ok(allowed)
    }
}

impl Default for StatusLists {
    fn default() -> Self {
        Self::at_issuer()
    }
}
