use std::borrow::Cow;

use serde::Serialize;

/// Something about a token that a reader should know of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Remark {
    /// A stable name, in snake case.
    pub(crate) code: &'static str,
    /// One sentence; what it repeats of the token is not escaped yet.
    pub(crate) what: Cow<'static, str>,
}

impl Remark {
    pub(crate) fn new(code: &'static str, what: impl Into<Cow<'static, str>>) -> Self {
        let what = what.into();
        Self { code, what }
    }
}
