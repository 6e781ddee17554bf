use std::{fmt, ops::Deref, sync::Arc};

/// A text among the claims of a token. Cheap to clone: it is a part of the JSON that it stood in, and has
/// a text of its own only where that spelled it with escapes.
#[derive(Clone, Default)]
pub struct ClaimText {
    text: Arc<str>,
    start: u32,
    end: u32,
}

impl ClaimText {
    /// `part` as a part of `whole`, if that is what it is; else a copy.
    pub(super) fn part(whole: &Arc<str>, part: &str) -> Self {
        let start = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize);
        let range = start.and_then(|start| Some(start..start.checked_add(part.len())?));
        let is_part = |range: &std::ops::Range<usize>| {
            let own = whole.get(range.clone());
            own.is_some_and(|own| std::ptr::eq(own, part))
        };
        let range = range.filter(is_part).and_then(|range| {
            let (start, end) = (range.start.try_into().ok()?, range.end.try_into().ok()?);
            let text = whole.clone();
            Some(Self { text, start, end })
        });
        range.unwrap_or_else(|| part.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let range = self.start as usize..self.end as usize;
        self.text.get(range).unwrap_or_default()
    }
}

impl From<&str> for ClaimText {
    fn from(text: &str) -> Self {
        Self {
            text: text.into(),
            start: 0,
            end: u32::try_from(text.len()).unwrap_or(u32::MAX),
        }
    }
}

impl From<String> for ClaimText {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<ClaimText> for String {
    fn from(text: ClaimText) -> Self {
        text.as_str().to_owned()
    }
}

impl Deref for ClaimText {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for ClaimText {
    fn as_ref(&self) -> &str {
        self
    }
}

impl PartialEq for ClaimText {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for ClaimText {}

impl PartialEq<str> for ClaimText {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl PartialEq<&str> for ClaimText {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl std::hash::Hash for ClaimText {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for ClaimText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for ClaimText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl serde::Serialize for ClaimText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_shares_the_whole_and_a_stranger_is_copied() {
        let whole: Arc<str> = r#"{"sub":"älice"}"#.into();
        let part = ClaimText::part(&whole, whole.get(8..14).unwrap());
        assert_eq!(part, "älice");
        assert_eq!(Arc::strong_count(&whole), 2);
        let stranger = ClaimText::part(&whole, "älice");
        assert_eq!(stranger, part);
        assert_eq!(Arc::strong_count(&whole), 2);
        assert_eq!(ClaimText::part(&whole, ""), "");
    }
}
