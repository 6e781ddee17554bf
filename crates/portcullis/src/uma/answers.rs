//! What the server grants the bearers of tokens, one call for all who want to know the same.

use std::sync::Arc;

use super::{desk::Desk, question::Question};
use crate::{
    AccessToken, Answer, TokenFacts,
    verify::introspection::{Flights, Joins},
};

/// Everything that asking for permissions takes.
pub(super) struct Answers {
    desk: Arc<Desk>,
    flights: Arc<Flights>,
}

impl Answers {
    #[cfg(test)]
    pub(super) fn afterlife(&self) -> crate::token_notes::Afterlife {
        self.desk.afterlife()
    }

    pub(super) fn of(desk: Desk) -> Self {
        Self {
            flights: Arc::new(Flights::new(desk.deadline())),
            desk: Arc::new(desk),
        }
    }

    /// What the server says to one question of a token, of which this is known: facts with the
    /// permissions that are granted, or with none.
    pub(super) async fn answer(
        &self,
        token: &AccessToken,
        known: Arc<TokenFacts>,
        question: Question,
    ) -> Answer {
        let desk = &self.desk;
        let digest = desk.digest(token, &question);
        // Told before a task is made of it, so that an outage costs next to nothing.
        if let Some(answer) = desk.answer_at_once(&digest, &question) {
            return answer;
        }
        let clock = desk.clock();
        let (desk, token, call_digest) = (desk.clone(), token.clone(), digest.clone());
        let boarded = self.flights.board(
            &digest,
            Joins::Any,
            move || clock.monotonic(),
            move || {
                let (desk, token, known) = (desk.clone(), token.clone(), known.clone());
                let (digest, question) = (call_digest.clone(), question.clone());
                async move { desk.ask(&token, &known, &digest, &question).await }
            },
        );
        let (ticket, _) = boarded?;
        ticket.redeemed().await
    }
}
