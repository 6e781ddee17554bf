use std::{borrow::Cow, time::Duration};

use serde::{Serialize, Serializer};

/// What came of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mark {
    /// As it should be.
    Good,
    /// To be looked at, and no hindrance.
    Notable,
    /// Wrong: this has to be mended.
    Wrong,
    /// It could not be found out.
    Unknown,
    /// It was not looked at, since something before it is wrong or was not given.
    NotRun,
}

impl Mark {
    pub(crate) const fn symbol(self) -> char {
        match self {
            Self::Good => '✓',
            Self::Notable => '!',
            Self::Wrong => '✗',
            Self::Unknown => '?',
            Self::NotRun => '–',
        }
    }
}

/// One line of the report.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Finding {
    /// The stable name of the check.
    pub(crate) id: Cow<'static, str>,
    pub(crate) mark: Mark,
    /// The stable code of what is wrong or notable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cause: Option<Cow<'static, str>>,
    /// What was found; what it repeats of others' words is not escaped yet.
    pub(crate) what: String,
    #[serde(rename = "took_ms", serialize_with = "milliseconds")]
    pub(crate) took: Option<Duration>,
    /// What to do about it, line by line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) cure: Vec<String>,
}

impl Finding {
    pub(crate) fn good(id: impl Into<Cow<'static, str>>, what: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            mark: Mark::Good,
            cause: None,
            what: what.into(),
            took: None,
            cure: Vec::new(),
        }
    }

    pub(crate) fn not_run(id: impl Into<Cow<'static, str>>, why: impl Into<String>) -> Self {
        Self {
            mark: Mark::NotRun,
            ..Self::good(id, why)
        }
    }

    pub(crate) fn wrong(
        id: impl Into<Cow<'static, str>>,
        cause: impl Into<Cow<'static, str>>,
        what: impl Into<String>,
    ) -> Self {
        Self::marked(Mark::Wrong, id, cause, what)
    }

    pub(crate) fn unknown(
        id: impl Into<Cow<'static, str>>,
        cause: impl Into<Cow<'static, str>>,
        what: impl Into<String>,
    ) -> Self {
        Self::marked(Mark::Unknown, id, cause, what)
    }

    pub(crate) fn notable(
        id: impl Into<Cow<'static, str>>,
        cause: impl Into<Cow<'static, str>>,
        what: impl Into<String>,
    ) -> Self {
        Self::marked(Mark::Notable, id, cause, what)
    }

    fn marked(
        mark: Mark,
        id: impl Into<Cow<'static, str>>,
        cause: impl Into<Cow<'static, str>>,
        what: impl Into<String>,
    ) -> Self {
        Self {
            mark,
            cause: Some(cause.into()),
            ..Self::good(id, what)
        }
    }

    pub(crate) fn took(mut self, took: Duration) -> Self {
        self.took = Some(took);
        self
    }

    /// One more line of what to do.
    pub(crate) fn cure(mut self, line: impl Into<String>) -> Self {
        self.cure.push(line.into());
        self
    }

    pub(crate) fn cures(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.cure.extend(lines);
        self
    }
}

fn milliseconds<S: Serializer>(took: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    took.map(|took| took.as_millis()).serialize(serializer)
}
