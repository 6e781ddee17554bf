//! The tokens of the page. It knows them by a number and sees a shortened form.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Instant,
};

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;

/// More than anybody looks at.
const KEPT: usize = 100;
/// The characters that are shown, at either end. What is between them is longer than a key.
const SHOWN: (usize, usize) = (8, 4);

/// What a token looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// A JWT with all claims.
    Jwt,
    /// A random text.
    Opaque,
    /// A JWT with next to no claims.
    Lightweight,
}

/// Whose session a token belongs to, and what ends it. No Debug: that may be a refresh token.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Session {
    /// The page has begun it, and this ends it: an id, or a refresh token.
    Begun(String),
    /// The page has begun it, and was given nothing to end it by.
    Unendable,
    /// It was there before, or that cannot be told.
    Joined,
}

/// A token that was issued, and what ends it.
pub(super) struct Token {
    pub(super) text: String,
    pub(super) kind: Kind,
    pub(super) user: String,
    pub(super) session: Session,
    /// When it is over by itself, if that was said.
    pub(super) expires: Option<Instant>,
    /// When the page has ended it or its session: the moment at which the server had said so.
    pub(super) over: OnceLock<Instant>,
}

impl Token {
    fn shortened(&self) -> String {
        let (front, back) = SHOWN;
        let characters: Vec<char> = self.text.chars().collect();
        let text = |part: Option<&[char]>| part.unwrap_or_default().iter().collect::<String>();
        let tail = characters.len().saturating_sub(back).max(front);
        format!(
            "{}…{}",
            text(characters.get(..front)),
            text(characters.get(tail..))
        )
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// What the page is shown of a token.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Shown {
    id: u64,
    kind: Kind,
    user: String,
    shortened: String,
    characters: usize,
    can_end_session: bool,
    over_at_ms: Option<f64>,
    expires_at_ms: Option<f64>,
}

/// The newest tokens, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    shelf: Mutex<Shelf>,
}

#[derive(Debug, Default)]
struct Shelf {
    last: u64,
    tokens: VecDeque<(u64, Arc<Token>)>,
}

impl Tokens {
    /// Keeps a token and gives it a number.
    pub(super) fn keep(&self, token: Token) {
        let mut shelf = self.shelf();
        shelf.last += 1;
        let id = shelf.last;
        shelf.tokens.truncate(KEPT - 1);
        shelf.tokens.push_front((id, Arc::new(token)));
    }

    /// The token of this number.
    pub(super) fn of(&self, id: u64) -> Result<Arc<Token>, Refusal> {
        let shelf = self.shelf();
        let found = shelf.tokens.iter().find(|(known, _)| *known == id);
        found.map(|(_, token)| token.clone()).ok_or_else(|| {
            let sentence = "there is no such token any more; get a new one";
            Refusal::new(StatusCode::NOT_FOUND, sentence)
        })
    }

    /// The newest one as the page is shown it, which counts moments as `at` does.
    pub(super) fn newest(&self, at: impl Fn(Instant) -> f64) -> Option<Shown> {
        let shelf = self.shelf();
        let (id, token) = shelf.tokens.front()?;
        Some(Shown {
            id: *id,
            kind: token.kind,
            user: token.user.clone(),
            shortened: token.shortened(),
            characters: token.text.len(),
            can_end_session: matches!(token.session, Session::Begun(_)),
            over_at_ms: token.over.get().copied().map(&at),
            expires_at_ms: token.expires.map(&at),
        })
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
