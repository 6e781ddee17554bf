use std::{
    any::{Any, TypeId},
    fmt,
    hint::black_box,
    sync::{Arc, OnceLock},
};

use serde::de::DeserializeOwned;

/// The claims of a good token do not fit the type that a handler asked for.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the claims do not fit `{type_name}` at `{path}`{}", missing.as_ref().map(|name| format!(": `{name}` is missing")).unwrap_or_default())]
pub struct ClaimsDoNotFit {
    type_name: &'static str,
    path: String,
    missing: Option<String>,
}

impl ClaimsDoNotFit {
    /// Where in the claims the mismatch is, such as `realm_access.roles[0]`: escaped and cut to
    /// one short line, for the names in it are the token's. The value itself is not kept.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// The claims as the handlers' types, each deserialized once per token: a list that only grows,
/// read without a lock. The first of it is at hand, since hardly a token is asked for as a second type.
#[derive(Default)]
pub(super) struct Typed {
    first: OnceLock<Node>,
    /// In whose place this stands: statements of the same text have one list.
    shared: Option<Arc<Typed>>,
}

struct Node {
    id: TypeId,
    value: Arc<dyn Any + Send + Sync>,
    others: OnceLock<Box<Typed>>,
}

impl Typed {
    /// A list that others may share.
    pub(super) fn shareable() -> Self {
        Self {
            first: OnceLock::new(),
            shared: Some(Arc::default()),
        }
    }

    /// The same list, for claims of the very same text; one of its own where it is not to be shared.
    pub(super) fn of_same_text(&self) -> Self {
        Self {
            first: OnceLock::new(),
            shared: self.shared.clone(),
        }
    }

    /// How many bytes a list that is shared takes up beside this.
    pub(super) fn shared_bytes(&self) -> usize {
        self.shared.as_ref().map_or(0, |_| size_of::<Self>())
    }

    /// Whether they were deserialized into no type yet.
    pub(super) fn is_empty(&self) -> bool {
        self.first.get().is_none()
    }

    /// Reads a little of the claims as the first of their types, so that they are fetched from memory.
    pub(super) fn draw_near(&self) {
        if let Some(node) = self.first.get() {
            black_box(Arc::strong_count(&node.value));
        }
    }

    /// Not even where the text stands is looked at, as long as it need not be read.
    pub(super) fn get_or_parse<T>(
        &self,
        json: &(impl AsRef<str> + ?Sized),
    ) -> Result<Arc<T>, ClaimsDoNotFit>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let id = TypeId::of::<T>();
        let mut typed = self.shared.as_deref().unwrap_or(self);
        while let Some(node) = typed.first.get() {
            if node.id == id {
                return downcast(&node.value).map_or_else(|| parse(json.as_ref()), Ok);
            }
            typed = node.others.get_or_init(Box::default);
        }
        let value: Arc<T> = parse(json.as_ref())?;
        let mut new = Node {
            id,
            value: value.clone(),
            others: OnceLock::new(),
        };
        // Whoever was quicker stays; the new node goes behind it, unless it is the same.
        while let Err(returned) = typed.first.set(new) {
            new = returned;
            match typed.first.get() {
                Some(node) if node.id == id => return Ok(downcast(&node.value).unwrap_or(value)),
                Some(node) => typed = node.others.get_or_init(Box::default),
                None => break,
            }
        }
        Ok(value)
    }
}

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Typed")
    }
}

fn downcast<T: Send + Sync + 'static>(value: &Arc<dyn Any + Send + Sync>) -> Option<Arc<T>> {
    value.clone().downcast().ok()
}

fn parse<T: DeserializeOwned>(json: &str) -> Result<Arc<T>, ClaimsDoNotFit> {
    if let Ok(claims) = serde_json::from_str(json) {
        return Ok(Arc::new(claims));
    }
    // Once more, keeping track of the place, which those that fit need not do.
    let mut deserializer = serde_json::Deserializer::from_str(json);
    serde_path_to_error::deserialize(&mut deserializer)
        .map(Arc::new)
        .map_err(|error| ClaimsDoNotFit {
            type_name: std::any::type_name::<T>(),
            path: printable(&error.path().to_string()),
            missing: missing_field(&error.inner().to_string()),
        })
}

/// The field that serde misses. It is a name of the type's, so nothing of the token is in it;
/// whatever else serde says may quote the token and is not kept.
fn missing_field(error: &str) -> Option<String> {
    let (name, _) = error.strip_prefix("missing field `")?.split_once('`')?;
    Some(printable(name))
}

/// One short line of text that is not ours.
fn printable(text: &str) -> String {
    const MAX_LENGTH: usize = 128;
    let mut escaped = text.escape_debug();
    let mut line: String = escaped.by_ref().take(MAX_LENGTH).collect();
    if escaped.next().is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Name {
        name: String,
    }

    #[test]
    fn each_type_is_deserialized_once() {
        let typed = Typed::default();
        let first: Arc<Name> = typed.get_or_parse(r#"{"name":"a"}"#).unwrap();
        let value: Arc<serde_json::Value> = typed.get_or_parse(r#"{"name":"a"}"#).unwrap();
        let second: Arc<Name> = typed.get_or_parse("not looked at again").unwrap();
        assert_eq!(first.name, "a");
        assert_eq!(value["name"], "a");
        assert!(Arc::ptr_eq(&first, &second));
    }

    #[test]
    fn a_missing_field_is_named() {
        let error = Typed::default().get_or_parse::<Name>("{}").err().unwrap();
        assert!(error.to_string().ends_with("`name` is missing"), "{error}");
    }

    #[test]
    fn a_place_is_one_short_line_whatever_the_token_calls_it() {
        type Names = std::collections::HashMap<String, u8>;
        let path = |name: &str| {
            let json = serde_json::json!({ name: "not a number" }).to_string();
            let mismatch = Typed::default().get_or_parse::<Names>(&json).err();
            mismatch.unwrap().path().to_owned()
        };
        assert_eq!(
            path("a\nERROR \u{1b}[31m\u{202e}"),
            "a\\nERROR \\u{1b}[31m\\u{202e}"
        );
        assert_eq!(path(&"a".repeat(5_000)), format!("{}…", "a".repeat(128)));
    }

    #[test]
    fn a_mismatch_names_its_place_and_not_its_value() {
        let error = Typed::default()
            .get_or_parse::<Name>(r#"{"name":["secret"]}"#)
            .err()
            .unwrap();
        assert_eq!(error.path(), "name");
        assert!(!error.to_string().contains("secret"));
    }
}
