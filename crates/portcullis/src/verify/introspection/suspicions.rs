use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::digest::TokenDigest;
use crate::{revocation::InactiveAnswer, token_notes::TokenNotes};

/// What JWTs say that were called inactive last and may be inventions: nobody has looked at their
/// signature yet.
pub(super) struct Suspicions {
    answers: TokenNotes<TokenDigest, InactiveAnswer>,
    /// How many there have been.
    count: AtomicU64,
    over: Mutex<Over>,
}

/// When the last suspicion is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Over {
    At(Option<Instant>),
    Never,
}

/// How many suspicions a token was held against, kept with what it says. To make the name that it is looked for
/// by takes long, and whoever sends inventions chooses how long they claim to live: so a token is held against each
/// of them once, and not until there are none. One that comes after they are all over is held against none.
#[derive(Debug, Default)]
pub(crate) struct HeldAgainst(AtomicU64);

impl Suspicions {
    /// Of so many statements.
    pub(super) fn of(names: u64) -> Self {
        Self {
            answers: TokenNotes::with_room_for(names),
            count: AtomicU64::new(0),
            over: Mutex::new(Over::At(None)),
        }
    }

    /// Remembers for so long from `now` on that a JWT that says this was called inactive. Whether it is a genuine
    /// one is not known yet.
    pub(super) fn note(
        &self,
        statement: TokenDigest,
        answer: InactiveAnswer,
        life: Option<Duration>,
        now: Instant,
    ) {
        let last = self.answers.get(&statement);
        let answer = last.map_or(answer, |last| last.or(answer));
        self.answers.insert(statement, answer, life);
        let over = life.and_then(|life| now.checked_add(life));
        let over = over.map_or(Over::Never, |over| Over::At(Some(over)));
        let mut last = self.over();
        *last = over.max(*last);
        drop(last);
        // Whoever sees the count finds the answer, and until when there is one.
        self.count.fetch_add(1, Ordering::AcqRel);
    }

    /// Hands on the answer that called a token inactive of which it is known now that it is genuine, if there is one
    /// that it was not held against yet. `now` looks at the clock, and `statement` makes the name of what it says.
    ///
    /// It stays until something has come of it, for those who come at the same time: whoever finds it no more finds
    /// that. It goes then, since it says nothing against what the server says later.
    pub(super) fn hold_against(
        &self,
        held_against: &HeldAgainst,
        now: impl FnOnce() -> Instant,
        statement: impl FnOnce() -> TokenDigest,
        mut condemn: impl FnMut(InactiveAnswer),
    ) {
        // Before the look: what comes during it is looked for the next time.
        let count = self.count.load(Ordering::Acquire);
        if held_against.0.load(Ordering::Acquire) == count {
            return;
        }
        let are_over = match *self.over() {
            Over::At(over) => over < Some(now()),
            Over::Never => false,
        };
        if !are_over {
            let statement = statement();
            if let Some(answer) = self.answers.get(&statement) {
                let began = answer.began;
                condemn(answer);
                // Another may have been noted meanwhile.
                let last = self.answers.remove(&statement);
                if let Some(last) = last.filter(|last| last.began != began) {
                    condemn(last);
                }
            }
        }
        held_against.0.store(count, Ordering::Release);
    }

    fn over(&self) -> MutexGuard<'_, Over> {
        self.over.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many there are.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.answers.count()
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, time::Instant};

    use super::*;
    use crate::verify::introspection::DigestSpace;

    /// A token that is looked for among suspicions, and how often that took a digest.
    #[derive(Default)]
    struct Token {
        held_against: HeldAgainst,
        digests: Cell<usize>,
    }

    impl Token {
        fn is_suspected(&self, suspicions: &Suspicions, statement: &str) -> bool {
            self.is_suspected_at(Instant::now(), suspicions, statement)
        }

        fn is_suspected_at(&self, now: Instant, all: &Suspicions, statement: &str) -> bool {
            let make = || {
                self.digests.set(self.digests.get() + 1);
                name(statement)
            };
            let mut is_suspected = false;
            all.hold_against(&self.held_against, || now, make, |_| is_suspected = true);
            is_suspected
        }
    }

    fn name(statement: &str) -> TokenDigest {
        DigestSpace::of(&["here"]).digest(statement.as_bytes())
    }

    fn inactive() -> InactiveAnswer {
        InactiveAnswer {
            began: Instant::now(),
            origin: None,
        }
    }

    #[test]
    fn a_token_is_held_against_each_suspicion_once() {
        let suspicions = Suspicions::of(100);
        let tokens = [Token::default(), Token::default()];
        for token in &tokens {
            assert!(!token.is_suspected(&suspicions, "good"));
            assert_eq!(token.digests.get(), 0);
        }
        for inventions in 1..4 {
            suspicions.note(
                name(&format!("invention {inventions}")),
                inactive(),
                None,
                Instant::now(),
            );
            for token in &tokens {
                for _ in 0..10 {
                    assert!(!token.is_suspected(&suspicions, "good"));
                    assert_eq!(token.digests.get(), inventions);
                }
            }
        }
    }

    #[test]
    fn what_comes_after_the_last_suspicion_has_ended_is_held_against_none() {
        let suspicions = Suspicions::of(100);
        let (now, life) = (Instant::now(), Duration::from_secs(60));
        let lives = [Some(life), Some(Duration::ZERO)];
        for (number, life) in lives.into_iter().enumerate() {
            suspicions.note(name(&format!("invention {number}")), inactive(), life, now);
        }
        let digests_at = |now| {
            let token = Token::default();
            assert!(!token.is_suspected_at(now, &suspicions, "good"));
            token.digests.get()
        };
        assert_eq!(digests_at(now + life), 1);
        let over = now + life + Duration::from_millis(1);
        assert_eq!(digests_at(over), 0);
        // It is no less on guard than before.
        suspicions.note(name("revoked"), inactive(), Some(life), over);
        assert!(Token::default().is_suspected_at(over, &suspicions, "revoked"));
        suspicions.note(name("endless"), inactive(), None, over);
        assert_eq!(digests_at(over + 1_000_000 * life), 1);
    }

    #[test]
    fn what_is_suspected_is_found_whenever_that_was() {
        let suspicions = Suspicions::of(100);
        let token = Token::default();
        for round in 1..4 {
            suspicions.note(name("revoked"), inactive(), None, Instant::now());
            suspicions.note(name("invention"), inactive(), None, Instant::now());
            assert!(token.is_suspected(&suspicions, "revoked"), "{round}");
            assert!(!token.is_suspected(&suspicions, "revoked"), "{round}");
        }
        // Nor does it matter who was held against them before.
        suspicions.note(name("revoked"), inactive(), None, Instant::now());
        assert!(!Token::default().is_suspected(&suspicions, "another"));
        assert!(Token::default().is_suspected(&suspicions, "revoked"));
    }

    /// What the server says later counts for more.
    #[test]
    fn what_was_held_against_a_token_is_not_held_against_it_again() {
        let suspicions = Suspicions::of(100);
        let note = |statement| suspicions.note(name(statement), inactive(), None, Instant::now());
        let token = Token::default();
        note("revoked");
        assert!(token.is_suspected(&suspicions, "revoked"));
        note("invention");
        assert!(!token.is_suspected(&suspicions, "revoked"));
        assert!(!Token::default().is_suspected(&suspicions, "revoked"));
    }

    #[test]
    fn what_is_noted_while_another_is_held_against_a_token_is_not_lost() {
        let suspicions = Suspicions::of(100);
        let note = || suspicions.note(name("revoked"), inactive(), None, Instant::now());
        let held_against = HeldAgainst::default();
        note();
        let mut held = 0;
        let make = || name("revoked");
        suspicions.hold_against(&held_against, Instant::now, make, |_| {
            held += 1;
            if held == 1 {
                note();
            }
        });
        assert_eq!(held, 2);
    }

    /// Another request with the token must not go by before anybody knows what came of it.
    #[test]
    fn as_long_as_it_is_held_against_a_token_it_is_found_by_all_who_bring_that() {
        let suspicions = Suspicions::of(100);
        let token = Token::default();
        suspicions.note(name("revoked"), inactive(), None, Instant::now());
        let mut finders = 0;
        let make = || name("revoked");
        suspicions.hold_against(&token.held_against, Instant::now, make, |_| {
            finders += 1;
            assert!(token.is_suspected(&suspicions, "revoked"));
        });
        assert_eq!(finders, 1);
        assert!(!token.is_suspected(&suspicions, "revoked"));
    }
}
