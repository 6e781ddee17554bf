use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::OnceCell;

use super::{RevocationSet, TokenMark};
use crate::{
    TokenFacts,
    pacing::{Crowded, Turns, Urgency},
};

impl RevocationSet {
    /// Waits, on behalf of a request, for a turn to ask about its token.
    pub(crate) async fn turn(&self, facts: &TokenFacts) -> Result<Option<TokenTurn>, Crowded> {
        let turns = &self.inner.turns;
        match facts.mark() {
            Some(mark) => turns.turn(whose(facts), mark).await.map(Some),
            None => turns
                .alone(whose(facts), Urgency::Awaited)
                .await
                .map(|()| None),
        }
    }

    /// Waits for a turn to ask about a token of which no request waits to hear.
    pub(crate) async fn turn_in_background(&self, facts: &TokenFacts) -> Result<(), Crowded> {
        let turns = &self.inner.turns;
        turns.alone(whose(facts), Urgency::Background).await
    }
}

/// Whose share of the turns a token takes.
fn whose(facts: &TokenFacts) -> &str {
    let claims = facts.registered();
    let whose = claims.sub.as_deref().or(claims.sid.as_deref());
    whose.or(claims.authorized_party()).unwrap_or_default()
}

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
    async fn turn(&self, whose: &str, mark: TokenMark) -> Result<TokenTurn, Crowded> {
        let turn = self.taken.tokens().entry(mark).or_default().clone();
        let turn = TokenTurn {
            taken: self.taken.clone(),
            mark,
            turn,
        };
        // Where the one who waits for it goes away, the next takes the place.
        let waits = || self.turns.turn(whose, Urgency::Awaited);
        turn.turn.get_or_try_init(waits).await?;
        Ok(turn)
    }

    /// The same for one who waits with nobody.
    async fn alone(&self, whose: &str, urgency: Urgency) -> Result<(), Crowded> {
        self.turns.turn(whose, urgency).await
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
