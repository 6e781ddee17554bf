use super::entries::{Name, Place};
use crate::TokenFacts;

/// What a token is called, in every way in which something can be known against it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokenNames<'a> {
    pub(super) session: Option<Name<'a>>,
    pub(super) subject: Option<Name<'a>>,
    pub(super) client: Option<Name<'a>>,
    pub(super) token: Option<Name<'a>>,
}

/// Where these names are looked for. Kept with the facts, so that those of a token that comes again
/// are not hashed again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokenPlaces([Option<Place>; 4]);

impl TokenPlaces {
    pub(crate) fn of(facts: &TokenFacts) -> Self {
        Self(texts(facts).map(|text| text.map(Place::of)))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Place> {
        self.0.iter().flatten().copied()
    }

    pub(crate) fn names<'a>(&self, facts: &'a TokenFacts) -> TokenNames<'a> {
        let [sid, sub, party, token] = texts(facts);
        let [session, subject, client, own] = self.0;
        let name = |(text, place)| Name { text, place };
        TokenNames {
            session: sid.zip(session).map(name),
            subject: sub.zip(subject).map(name),
            client: party.zip(client).map(name),
            token: token.zip(own).map(name),
        }
    }
}

fn texts(facts: &TokenFacts) -> [Option<&str>; 4] {
    let claims = facts.registered();
    [
        claims.sid.as_deref(),
        claims.sub.as_deref(),
        claims.authorized_party(),
        facts.token_name(),
    ]
}
