use tokio::sync::oneshot;

use crate::journal::Moment;

/// A call of an instance to the authorization server.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) instance: usize,
    pub(crate) about: About,
    pub(crate) began: Moment,
    /// When the server has made up its answer, and what it says.
    pub(crate) judged: Option<(Moment, Word)>,
    /// When it was over for the instance.
    pub(crate) ended: Option<(Moment, Ending)>,
    /// Lets it go on, where it is held.
    pub(crate) hold: Option<oneshot::Sender<Delivery>>,
}

/// What is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    Token(usize),
    /// Something that no token of the server's is: our own probe.
    Nothing,
    Keys,
}

/// What the server says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Word {
    Active(bool),
    Keys(Vec<usize>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The instance has the answer.
    Learned,
    /// It has an error.
    Failed,
    /// It waits no longer.
    GivenUp,
}

/// What comes back over the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// The server's answer; made up now, if it was not before.
    Answer,
    /// Status 500.
    Trouble,
    /// No connection.
    Nothing,
}

impl Call {
    /// Whether the server has called this token active or inactive, and the instance has learned it.
    pub(crate) fn verdict_on(&self, token: usize) -> Option<Verdict> {
        if self.about != About::Token(token) {
            return None;
        }
        match (&self.judged, self.ended) {
            (Some((judged, Word::Active(is_active))), Some((learned, Ending::Learned))) => {
                Some(Verdict {
                    instance: self.instance,
                    is_active: *is_active,
                    began: self.began,
                    judged: *judged,
                    learned,
                })
            }
            _ => None,
        }
    }

    /// When it failed, if it did.
    pub(crate) fn failed(&self) -> Option<Moment> {
        self.ended
            .filter(|(_, ending)| *ending != Ending::Learned)
            .map(|(failed, _)| failed)
    }
}

/// An answer about a token that an instance has learned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Verdict {
    pub(crate) instance: usize,
    pub(crate) is_active: bool,
    pub(crate) began: Moment,
    pub(crate) judged: Moment,
    pub(crate) learned: Moment,
}
