//! Keycloak's rule by which a token is called inactive that does not name who asks: whether the server
//! goes by it, as far as that was tried.

use portcullis::Reason;

use super::{
    judged::Judged,
    own_token::OwnToken,
    probe::{asking, authenticate},
    stopped::audiences,
};
use crate::{
    doctor::{client::Client, progress::Progress, settings::Settings},
    token::Token,
};

/// What came of it, and by what it was tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tried {
    pub(super) is_in_force: bool,
    pub(super) how: &'static str,
}

/// Tries it, at Keycloak: with the token that the doctor is shown, if that does not name who asks, or else
/// with one that the server has issued to who asks a moment ago, and which cannot have ended. `None` where
/// neither tells.
pub(crate) async fn attempt(
    settings: &Settings,
    progress: Progress,
    judged: Option<&Judged>,
    own: Option<&OwnToken>,
) -> Option<Tried> {
    settings.realm.as_ref()?;
    let asker = settings.client.as_ref()?;
    by_shown(settings, asker, judged).or(by_own(settings, progress, asker, own).await)
}

fn by_shown(settings: &Settings, asker: &Client, judged: Option<&Judged>) -> Option<Tried> {
    let read = settings.token.as_ref()?.read.as_ref()?;
    if names(read, asker)? {
        return None;
    }
    let judged = judged?;
    let tried = |is_in_force| Tried {
        is_in_force,
        how: "as was tried",
    };
    if judged.is_active() {
        Some(tried(false))
    } else {
        judged.is_alive_elsewhere().then(|| tried(true))
    }
}

async fn by_own(
    settings: &Settings,
    progress: Progress,
    asker: &Client,
    own: Option<&OwnToken>,
) -> Option<Tried> {
    let own = own.filter(|own| names(&own.read, asker) == Some(false))?;
    let issuer = asking(settings, asker, None).ok()?;
    let asking = authenticate(issuer.introspection(), &own.text);
    let outcome = progress.during("asking about a token of our own", asking);
    let outcome = outcome.await;
    settings.witness.take();
    let is_in_force = match outcome {
        Ok(_) => false,
        Err(rejection) if rejection.reason() == Reason::Inactive => true,
        // What else is refused was called active before.
        Err(rejection) => rejection.reason().rule().map(|_| false)?,
    };
    Some(Tried {
        is_in_force,
        how: "as was tried with a token that it has issued to that client itself",
    })
}

/// Whether a token that can be read here names who asks about it.
fn names(token: &Token, asker: &Client) -> Option<bool> {
    Some(audiences(token.claims()?).contains(&asker.id.as_str()))
}
