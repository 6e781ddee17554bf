use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use http::StatusCode;

use super::{
    faults::{Faults, Part},
    scene::{CACHE, RECHECK},
    token::{Ending, How, Token},
};
use crate::Way;

/// How far the clock of the issuer may be off, by default.
const LEEWAY: Duration = Duration::from_secs(30);
/// `exp` has no fractions.
const SECOND: Duration = Duration::from_secs(1);
/// How long a call about a token may take, and a second for those who wait for a processor.
const CALL: Duration = Duration::from_secs(4);
/// How long news may be under way to the other replica.
const NEWS: Duration = Duration::from_secs(2);

/// One request, and what came of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exchange {
    pub(super) way: Way,
    /// Whether it went to the replica that is told.
    pub(super) told: bool,
    pub(super) asked: Instant,
    pub(super) answered: Instant,
    /// `None`: there was no answer.
    pub(super) status: Option<StatusCode>,
}

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wrong {
    /// 200, and the promise of the route says no.
    Accept,
    /// 401 for a token that was good all the time.
    Refusal,
    /// 503, or no answer, while nothing was broken.
    Unavailable,
    /// Anything else.
    Odd,
}

/// Who knows which answers are wrong. Clones are the same.
#[derive(Debug, Clone)]
pub(super) struct Oracle {
    begun: Instant,
    faults: Faults,
    tally: Arc<Mutex<Tally>>,
}

/// What was answered.
#[derive(Debug, Default)]
struct Tally {
    statuses: BTreeMap<(Way, u16), u64>,
    excused: u64,
    suspects: Vec<Suspect>,
}

/// An answer that is wrong, unless Keycloak turns out to have forgotten the token.
#[derive(Debug)]
struct Suspect {
    token: Option<Arc<Token>>,
    wrong: Wrong,
    text: String,
}

impl Oracle {
    pub(super) fn new(faults: Faults) -> Self {
        Self {
            begun: Instant::now(),
            faults,
            tally: Arc::default(),
        }
    }

    /// Takes an answer in.
    pub(super) fn judge(&self, token: &Arc<Token>, exchange: Exchange) {
        let wrong = self.wrong_with(token, exchange);
        let is_excused = wrong == Some(Wrong::Unavailable)
            && self.faults.excuse(exchange.asked, exchange.answered);
        let mut tally = self.lock();
        let status = exchange.status.map_or(0, |status| status.as_u16());
        *tally.statuses.entry((exchange.way, status)).or_default() += 1;
        match wrong {
            Some(_) if is_excused => tally.excused += 1,
            Some(wrong) => tally.suspects.push(Suspect {
                text: format!(
                    "{:.1} s: {wrong:?}: {}",
                    self.begun.elapsed().as_secs_f64(),
                    Told(token, exchange)
                ),
                token: Some(token.clone()),
                wrong,
            }),
            None => {}
        }
    }

    /// Takes in what came of garbage.
    pub(super) fn judge_garbage(&self, what: &str, status: Option<StatusCode>) {
        let wrong = match status {
            Some(status) if status.is_success() => Wrong::Accept,
            Some(StatusCode::INTERNAL_SERVER_ERROR) => Wrong::Odd,
            _ => return,
        };
        self.lock().suspects.push(Suspect {
            token: None,
            wrong,
            text: format!("{wrong:?}: {what}: {status:?}"),
        });
    }

    fn wrong_with(&self, token: &Token, exchange: Exchange) -> Option<Wrong> {
        match exchange.status {
            Some(StatusCode::OK) => self.is_over(token, exchange).then_some(Wrong::Accept),
            Some(StatusCode::UNAUTHORIZED) => is_good(token, exchange).then_some(Wrong::Refusal),
            Some(StatusCode::SERVICE_UNAVAILABLE) | None => Some(Wrong::Unavailable),
            Some(_) => Some(Wrong::Odd),
        }
    }

    /// Whether the route has promised to refuse it by the time it was asked.
    fn is_over(&self, token: &Token, exchange: Exchange) -> bool {
        let asked = exchange.asked;
        if asked > token.expires() + LEEWAY + SECOND {
            return true;
        }
        let Some(Ending {
            how,
            done: Some(done),
            ..
        }) = token.ending()
        else {
            return false;
        };
        // One that has just started has not read yet what was told before, and on this route nobody is asked.
        let is_new = exchange.way == Way::Local && self.faults.is_broken(Part::Mortal, asked);
        let told = (how == How::Told).then(|| match exchange.told {
            true => Some(done),
            false if is_new => None,
            false => self.faults.due(done, NEWS, &[Part::Redis, Part::Mortal]),
        });
        // A session that ends while the other replica asks about it can come back to life at Keycloak: there,
        // its end is what that replica is told of, and not what it is answered.
        let may_be_revived = how == How::Told && !exchange.told;
        let found = match exchange.way {
            _ if may_be_revived => None,
            Way::Live => Some(done),
            Way::Cached => Some(done + CACHE + CALL),
            Way::Hybrid => self.faults.due(done, RECHECK + CALL, &[Part::Keycloak]),
            Way::Local => None,
        };
        let limits = [told.flatten(), found];
        limits.into_iter().flatten().any(|limit| asked > limit)
    }

    /// What was answered how often, by route and status; 0 stands for no answer.
    pub(super) fn statuses(&self) -> BTreeMap<(Way, u16), u64> {
        self.lock().statuses.clone()
    }

    /// How often there was 503, or no answer, while something was broken.
    pub(super) fn excused(&self) -> u64 {
        self.lock().excused
    }

    /// How many answers are wrong in this way.
    pub(super) fn count(&self, wrong: Wrong) -> usize {
        let tally = self.lock();
        let suspects = tally.suspects.iter().filter(|it| it.is_wrong());
        suspects.filter(|suspect| suspect.wrong == wrong).count()
    }

    /// The answers that are wrong.
    pub(super) fn wrong(&self) -> Vec<String> {
        let tally = self.lock();
        let suspects = tally.suspects.iter().filter(|it| it.is_wrong());
        suspects.map(|suspect| suspect.text.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Suspect {
    fn is_wrong(&self) -> bool {
        self.token.as_ref().is_none_or(|it| !it.is_forgotten())
    }
}

/// Whether nothing had begun to end it by the time of the answer.
fn is_good(token: &Token, exchange: Exchange) -> bool {
    let is_ending = token
        .ending()
        .is_some_and(|ending| ending.begun <= exchange.answered);
    !is_ending && exchange.answered + SECOND < token.expires()
}

/// An exchange for people, without the token.
struct Told<'a>(&'a Token, Exchange);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(token, exchange) = self;
        let replica = if exchange.told { "told" } else { "mortal" };
        let (way, status) = (exchange.way.name(), exchange.status);
        let name = token.name();
        write!(f, "{name}, {way} at the {replica} replica: {status:?}")?;
        let left = token.expires().saturating_duration_since(exchange.asked);
        write!(f, ", {left:.1?} before it expires")?;
        if let Some(ending) = token.ending() {
            let since = ending.done.unwrap_or(ending.begun);
            let since = exchange.asked.saturating_duration_since(since);
            write!(f, ", {since:.3?} after its end ({:?})", ending.how)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    /// A token that lives for so many seconds from now on.
    fn token(seconds: i64) -> Arc<Token> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let exp = i64::try_from(now.as_secs()).unwrap() + seconds;
        let claims = format!(r#"{{"exp":{exp}}}"#);
        let middle = URL_SAFE_NO_PAD.encode(claims);
        Arc::new(Token::of(format!("e30.{middle}.e30")).unwrap())
    }

    fn after(way: Way, told: bool, status: u16, seconds: f64) -> Exchange {
        let asked = Instant::now() + Duration::from_secs_f64(seconds);
        Exchange {
            way,
            told,
            asked,
            answered: asked,
            status: StatusCode::from_u16(status).ok(),
        }
    }

    fn verdict(token: &Arc<Token>, exchange: Exchange) -> Option<Wrong> {
        Oracle::new(Faults::default()).wrong_with(token, exchange)
    }

    #[test]
    fn a_good_token_is_let_in_and_never_refused() {
        let good = token(200);
        for way in Way::ALL {
            assert_eq!(verdict(&good, after(way, true, 200, 0.1)), None);
            assert_eq!(
                verdict(&good, after(way, true, 401, 0.1)),
                Some(Wrong::Refusal)
            );
            assert_eq!(verdict(&good, after(way, true, 500, 0.1)), Some(Wrong::Odd));
            assert_eq!(
                verdict(&good, after(way, true, 503, 0.1)),
                Some(Wrong::Unavailable)
            );
        }
    }

    #[test]
    fn an_expired_token_is_refused_once_the_leeway_is_over() {
        let old = token(10);
        for way in Way::ALL {
            assert_eq!(verdict(&old, after(way, true, 401, 12.0)), None);
            assert_eq!(verdict(&old, after(way, true, 200, 12.0)), None);
            assert_eq!(
                verdict(&old, after(way, true, 200, 42.5)),
                Some(Wrong::Accept)
            );
        }
    }

    #[test]
    fn what_is_told_is_over_at_once_where_it_is_told_and_soon_elsewhere() {
        let over = token(200);
        over.begin_to_end(How::Told);
        assert_eq!(verdict(&over, after(Way::Live, true, 200, 0.1)), None);
        over.has_ended();
        for way in Way::ALL {
            assert_eq!(verdict(&over, after(way, true, 401, 0.1)), None);
            assert_eq!(
                verdict(&over, after(way, true, 200, 0.1)),
                Some(Wrong::Accept)
            );
            assert_eq!(
                verdict(&over, after(way, false, 200, 2.1)),
                Some(Wrong::Accept)
            );
        }
        assert_eq!(verdict(&over, after(Way::Local, false, 200, 1.0)), None);
        assert_eq!(verdict(&over, after(Way::Live, false, 200, 1.0)), None);
    }

    #[test]
    fn what_nobody_is_told_of_is_over_when_it_has_to_be_found() {
        let over = token(200);
        over.begin_to_end(How::Untold);
        over.has_ended();
        let limits = [(Way::Live, 0.1), (Way::Cached, 14.1), (Way::Hybrid, 14.1)];
        for (way, limit) in limits {
            assert_eq!(
                verdict(&over, after(way, true, 200, limit)),
                Some(Wrong::Accept)
            );
        }
        for way in [Way::Cached, Way::Hybrid] {
            assert_eq!(verdict(&over, after(way, true, 200, 13.0)), None);
        }
        assert_eq!(verdict(&over, after(Way::Local, true, 200, 100.0)), None);
    }

    #[test]
    fn who_is_forgotten_by_keycloak_proves_nothing() {
        let oracle = Oracle::new(Faults::default());
        let good = token(200);
        oracle.judge(&good, after(Way::Live, true, 401, 0.1));
        assert_eq!(oracle.count(Wrong::Refusal), 1);
        good.forget();
        assert_eq!(oracle.count(Wrong::Refusal), 0);
    }
}
