use serde::Deserialize;

use super::TokenFacts;

/// Whom a token speaks for.
///
/// A client may have the very text as its name that is some user's `sub` (RFC 9700 §4.15), so
/// users and clients are never told apart by the text alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Principal<'a> {
    /// A user, by `sub`.
    User(&'a str),
    /// A client on its own behalf, by its id.
    Client(&'a str),
}

impl TokenFacts {
    /// Whom the token speaks for; `None` when the issuer does not say.
    ///
    /// A client speaks for itself when `sub` is its own id (RFC 9068 §2.2), and in Keycloak when
    /// the token is that of its service account.
    #[must_use]
    pub fn principal(&self) -> Option<Principal<'_>> {
        let claims = self.registered();
        let sub = claims.sub.as_deref();
        let clients = [claims.azp.as_deref(), claims.client_id.as_deref()];
        if sub.is_some() && clients.contains(&sub) {
            return sub.map(Principal::Client);
        }
        match clients {
            [Some(azp), Some(client_id)]
                if azp == client_id && self.is_of_service_account(client_id) =>
            {
                Some(Principal::Client(client_id))
            }
            _ => sub.map(Principal::User),
        }
    }

    /// Whether the user is Keycloak's service account of this client. Its name alone would not
    /// do: where users choose their names, one may be called so.
    fn is_of_service_account(&self, client: &str) -> bool {
        #[derive(Deserialize)]
        struct Named {
            preferred_username: String,
        }

        self.claims::<Named>().is_ok_and(|user| {
            user.preferred_username
                .strip_prefix("service-account-")
                .is_some_and(|name| name == client.to_lowercase())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::Expectations;

    fn facts(json: &str) -> TokenFacts {
        let expectations = Arc::new(Expectations::audience("api"));
        TokenFacts::from_json(json, &expectations).unwrap()
    }

    #[test]
    fn a_client_is_told_from_a_user_of_the_same_name() {
        for (json, expected) in [
            (r#"{"sub":"42","azp":"shop"}"#, Some(Principal::User("42"))),
            (
                r#"{"sub":"42","client_id":"42"}"#,
                Some(Principal::Client("42")),
            ),
            (
                r#"{"sub":"7f","azp":"Shop","client_id":"Shop","preferred_username":"service-account-shop"}"#,
                Some(Principal::Client("Shop")),
            ),
            (
                r#"{"sub":"7f","azp":"shop","preferred_username":"service-account-shop"}"#,
                Some(Principal::User("7f")),
            ),
            (
                r#"{"sub":"7f","azp":"shop","client_id":"shop","preferred_username":"service-account-other"}"#,
                Some(Principal::User("7f")),
            ),
            (r#"{"azp":"shop","client_id":"shop"}"#, None),
        ] {
            assert_eq!(facts(json).principal(), expected, "{json}");
        }
    }
}
