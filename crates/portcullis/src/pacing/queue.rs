use std::collections::{HashMap, VecDeque};

use tokio::sync::oneshot;

use super::Crowded;

/// Those who wait for a turn: one of each in turn, and of one's own the oldest first. Whoever goes
/// away unserved and comes back has kept his place.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// Whose turn is next. Each of them has a line, though perhaps nobody in it.
    order: VecDeque<u64>,
    lines: HashMap<u64, VecDeque<Waiter>>,
    /// How many wait.
    length: usize,
    next: u64,
}

#[derive(Debug)]
struct Waiter {
    number: u64,
    turn: oneshot::Sender<()>,
}

/// Who waits, to go away by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ticket {
    whose: u64,
    number: u64,
}

impl Queue {
    /// How many may wait.
    const LIMIT: usize = 16 * 1024;

    /// One more who waits. Where too many do, whoever has most of them gives a place to those who
    /// have fewer.
    pub(super) fn add(&mut self, whose: u64) -> Result<(Ticket, oneshot::Receiver<()>), Crowded> {
        if self.length >= Self::LIMIT {
            self.make_room(whose)?;
        }
        let line = self.lines.entry(whose).or_insert_with(|| {
            self.order.push_back(whose);
            VecDeque::new()
        });
        let (turn, receiver) = oneshot::channel();
        let number = self.next;
        line.push_back(Waiter { number, turn });
        self.next += 1;
        self.length += 1;
        Ok((Ticket { whose, number }, receiver))
    }

    fn make_room(&mut self, whose: u64) -> Result<(), Crowded> {
        let own = self.lines.get(&whose).map_or(0, VecDeque::len);
        let longest = self.lines.values_mut().max_by_key(|line| line.len());
        let longest = longest.filter(|line| line.len() > own + 1);
        // Who is sent away hears of it when the sender is dropped.
        drop(longest.and_then(VecDeque::pop_back).ok_or(Crowded)?);
        self.length -= 1;
        Ok(())
    }

    /// Takes out whoever's turn is next.
    pub(super) fn next(&mut self) -> Option<oneshot::Sender<()>> {
        while let Some(whose) = self.order.pop_front() {
            let Some(mut line) = self.lines.remove(&whose) else {
                continue;
            };
            let Some(waiter) = line.pop_front() else {
                continue;
            };
            self.length -= 1;
            if !line.is_empty() {
                self.lines.insert(whose, line);
                self.order.push_back(whose);
            }
            return Some(waiter.turn);
        }
        None
    }

    /// One who waits no longer, served or not.
    pub(super) fn leave(&mut self, ticket: Ticket) {
        let Some(line) = self.lines.get_mut(&ticket.whose) else {
            return;
        };
        let place = line.partition_point(|waiter| waiter.number < ticket.number);
        if line
            .get(place)
            .is_some_and(|waiter| waiter.number == ticket.number)
        {
            line.remove(place);
            self.length -= 1;
        }
        // Places are not kept for ever.
        if self.order.len() > 2 * Self::LIMIT {
            self.lines.retain(|_, line| !line.is_empty());
            self.order.retain(|whose| self.lines.contains_key(whose));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Sends everybody away.
    pub(super) fn clear(&mut self) {
        self.order.clear();
        self.lines.clear();
        self.length = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(name: char) -> u64 {
        u64::from(u32::from(name))
    }

    /// Lets these wait, in this order; of those in upper case nobody waits any longer.
    fn order(asked: &str) -> String {
        let mut queue = Queue::default();
        let mut waiting = Vec::new();
        for name in asked.chars() {
            let (ticket, receiver) = queue.add(number(name.to_ascii_lowercase())).unwrap();
            match name.is_ascii_uppercase() {
                true => queue.leave(ticket),
                false => waiting.push((name, receiver)),
            }
        }
        let mut order = String::new();
        while let Some(turn) = queue.next() {
            turn.send(()).unwrap();
            let place = waiting
                .iter_mut()
                .position(|(_, turn)| turn.try_recv().is_ok());
            order.push(waiting.remove(place.unwrap()).0);
        }
        assert!(queue.is_empty() && queue.lines.is_empty());
        order
    }

    #[test]
    fn everybody_has_an_equal_share() {
        assert_eq!(order("aaabcb"), "abcaba");
        assert_eq!(order("aa"), "aa");
    }

    /// Else those who come for the first time would always be before him.
    #[test]
    fn who_comes_back_unserved_has_kept_the_place() {
        assert_eq!(order("AbAca"), "abc");
        assert_eq!(order("A"), "");
    }

    #[test]
    fn who_has_gone_takes_no_room() {
        let mut queue = Queue::default();
        for whose in 0..3 * Queue::LIMIT as u64 {
            let (ticket, _) = queue.add(whose).unwrap();
            queue.leave(ticket);
        }
        assert!(queue.is_empty() && queue.order.len() <= 2 * Queue::LIMIT + 1);
        assert_eq!(queue.order.len(), queue.lines.len());
    }

    #[test]
    fn one_with_many_leaves_room_for_the_others() {
        let mut queue = Queue::default();
        let greedy: Vec<_> = (0..Queue::LIMIT).map(|_| queue.add(0).unwrap()).collect();
        assert!(queue.add(0).is_err());
        let modest = queue.add(1).unwrap();
        assert_eq!(queue.length, Queue::LIMIT);
        assert!(
            greedy
                .into_iter()
                .next_back()
                .unwrap()
                .1
                .blocking_recv()
                .is_err()
        );
        drop(queue.next());
        queue.next().unwrap().send(()).unwrap();
        assert_eq!(modest.1.blocking_recv(), Ok(()));
    }
}
