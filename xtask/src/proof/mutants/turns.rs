use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::error::XtaskError;

/// Does the same with each of these, a few at a time, and gives the answers in their order.
///
/// # Errors
/// The first that there was.
pub(super) fn taken<T: Sync, A: Send>(
    all: &[T],
    at_a_time: usize,
    work: impl Fn(usize, &T) -> Result<A, XtaskError> + Sync,
) -> Result<Vec<A>, XtaskError> {
    let next = AtomicUsize::new(0);
    let answers = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..at_a_time.max(1) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(one) = all.get(at) else { break };
                    let answer = work(at, one);
                    if answer.is_err() {
                        next.store(all.len(), Ordering::Relaxed);
                    }
                    let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
                    answers.push((at, answer));
                }
            });
        }
    });
    let mut answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
    answers.sort_by_key(|(at, _)| *at);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_in_the_order_of_what_was_asked() {
        let all: Vec<usize> = (0..100).collect();
        let doubled = taken(&all, 3, |at, one| Ok(at + one)).unwrap();
        assert_eq!(doubled, (0..200).step_by(2).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_is_begun_after_an_error() {
        let all: Vec<usize> = (0..100).collect();
        let answer = taken(&all, 1, |_, one| match one {
            3 => Err(XtaskError::NoSuchSection('a')),
            4.. => panic!("{one}"),
            _ => Ok(()),
        });
        assert!(answer.is_err());
    }
}
