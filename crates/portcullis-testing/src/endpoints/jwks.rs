//! The JWK set, RFC 7517.

use crate::{answer::Answer, server::State};

pub(crate) fn answer(state: &State) -> Answer {
    Answer::json(&state.keys.lock().document())
}
