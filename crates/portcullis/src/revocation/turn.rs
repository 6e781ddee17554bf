use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::OnceCell;

use super::TokenMark;
use crate::pacing::{Crowded, Turns};

/// Turns to ask about tokens, one for each token however many requests wait with it: they wait for
/// the same call.
#[derive(Debug)]
pub(super) struct TokenTurns {
    turns: Arc<Turns>,
    taken: Arc<Taken>,
}

/// Who waits for a turn, or has had it and is not done yet.
#[derive(Debug, Default)]
struct Taken {
    tokens: Mutex<HashMap<TokenMark, Arc<OnceCell<()>>>>,
}

/// A turn, to be kept until the answer is there: until then it is that of everybody who comes with
/// the same token.
#[must_use = "who lets go of it before the answer leaves the next one without it"]
pub(crate) struct TokenTurn {
    taken: Arc<Taken>,
    mark: TokenMark,
    turn: Arc<OnceCell<()>>,
}

impl TokenTurns {
    pub(super) fn new(turns: Turns) -> Self {
        Self {
            turns: Arc::new(turns),
            taken: Arc::default(),
        }
    }

    /// Waits for a turn, on behalf of somebody, to ask about a token.
    pub(super) async fn turn(&self, whose: &str, mark: TokenMark) -> Result<TokenTurn, Crowded> {
        let turn = self.taken.tokens().entry(mark).or_default().clone();
        let turn = TokenTurn {
            taken: self.taken.clone(),
            mark,
            turn,
        };
        // Where the one who waits for it goes away, the next takes the place.
        turn.turn.get_or_try_init(|| self.turns.turn(whose)).await?;
        Ok(turn)
    }

    /// The same for a token that is not known again.
    pub(super) async fn turn_alone(&self, whose: &str) -> Result<(), Crowded> {
        self.turns.turn(whose).await
    }
}

impl Taken {
    fn tokens(&self) -> MutexGuard<'_, HashMap<TokenMark, Arc<OnceCell<()>>>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for TokenTurn {
    fn drop(&mut self) {
        let mut tokens = self.taken.tokens();
        // Whoever else has it was given it under this lock: the map's and ours are left.
        if Arc::strong_count(&self.turn) <= 2 {
            tokens.remove(&self.mark);
        }
    }
}

impl fmt::Debug for TokenTurn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenTurn")
    }
}
