//! The honest answer, with what it holds on to until it is on its way.

use crate::{answer::Answer, sessions::SessionUse};

pub(crate) struct Reply {
    pub(crate) answer: Answer,
    /// The session that was found alive for this answer.
    pub(crate) session: Option<SessionUse>,
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self {
            answer,
            session: None,
        }
    }
}
