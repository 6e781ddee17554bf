//! The end of each schedule: all is well again, and everybody is answered.

use std::time::Duration;

use http::StatusCode;

use super::Player;
use crate::{
    promise::{Promise, Violation, expected},
    schedule::{Mode, Route, Step},
};

impl Player {
    /// Makes everything well again, and sees that everybody is answered, and rightly.
    pub(super) async fn recover(&mut self) -> Result<(), Violation> {
        {
            let mut world = self.world.lock();
            world.introspection = Mode::Answer;
            world.keys = Mode::Answer;
            world.holds_shared = false;
        }
        for pause in [1, 1, 300, 3_000, 21_000, 41_000] {
            self.let_go();
            self.settle().await?;
            self.step(&Step::Pass(Duration::from_millis(pause))).await?;
        }
        self.let_go();
        self.settle().await?;
        let open = self
            .world
            .lock()
            .requests
            .iter()
            .find(|it| it.is_open())
            .map(|it| {
                format!(
                    "no answer: {:?} of token {} at instance {}",
                    it.route, it.token, it.instance
                )
            });
        if let Some(what) = open {
            return Err(self.violation(Promise::Liveness, what));
        }
        self.ask_about_all().await
    }

    fn let_go(&mut self) {
        let news = {
            let mut world = self.world.lock();
            for call in world.held() {
                world.release(call, None);
            }
            while !world.entries.works.is_empty() {
                world.release_work(0, false);
            }
            world.news.len()
        };
        for number in 0..news {
            if !self.world.lock().news[number].has_arrived {
                self.world.tell(number);
            }
        }
    }

    /// Asks about every token, at every instance.
    async fn ask_about_all(&mut self) -> Result<(), Violation> {
        let tokens = self.world.lock().server.tokens.len();
        for instance in 0..self.instances.len() {
            // Old keys may stand in once more, while it is found out that new ones can be had.
            for token in 0..tokens {
                self.request(instance, Route::Local, token);
                self.settle().await?;
            }
            for token in 0..tokens {
                let expected = expected(&self.world.lock(), instance, token);
                let number = self.world.lock().requests.len();
                self.world.lock().journal.step += 1;
                self.request(instance, Route::Live { is_hybrid: true }, token);
                self.settle().await?;
                // What is dated now is waited for until it has passed.
                self.step(&Step::Pass(Duration::from_millis(1))).await?;
                self.step(&Step::Pass(Duration::from_millis(1))).await?;
                let answered = self.world.lock().requests[number].answered;
                if answered.map(|answered| answered.status) != Some(expected.status()) {
                    let promise = match expected.status() {
                        StatusCode::OK => Promise::Availability,
                        _ => Promise::NoWrongAccept,
                    };
                    let what = format!(
                        "all is well, token {token} at instance {instance} is {expected:?}, and the answer is {answered:?}"
                    );
                    return Err(self.violation(promise, what));
                }
            }
        }
        Ok(())
    }
}
