use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::{Duration, Instant},
};

use fastrand::Rng;
use portcullis_keycloak_suite::{Tokens, User};
use tokio::{sync::Mutex as Turn, time::interval};

use super::{
    scene::{FRONT_END, LIFESPAN, OWN, Scene},
    token::{How, Token},
};
use crate::SuiteError;

const USERS: usize = 20;
/// How many tokens live at a time.
const TOKENS: u32 = 300;
/// How long a token is still sent after its end.
const AFTERLIFE: Duration = Duration::from_secs(75);

/// The tokens that are in use.
#[derive(Debug)]
pub(super) struct Population {
    scene: Arc<Scene>,
    sessions: Mutex<Vec<Session>>,
    /// Those that are sent, the ended ones among them.
    tokens: RwLock<Vec<Arc<Token>>>,
    users: Mutex<Vec<User>>,
    rng: Mutex<Rng>,
    /// Whoever changes something at Keycloak has it; who kills Keycloak as well.
    pub(super) turn: Turn<()>,
}

#[derive(Debug)]
struct Session {
    refresh: String,
    tokens: Vec<Arc<Token>>,
}

impl Population {
    pub(super) fn new(scene: &Arc<Scene>, seed: u64) -> Arc<Self> {
        Arc::new(Self {
            scene: scene.clone(),
            sessions: Mutex::default(),
            tokens: RwLock::default(),
            users: Mutex::default(),
            rng: Mutex::new(Rng::with_seed(seed)),
            turn: Turn::default(),
        })
    }

    /// Users, and a first token.
    pub(super) async fn begin(&self) -> Result<(), SuiteError> {
        for number in 0..USERS {
            let name = format!("user-{number}");
            let user = self.scene.admin.create_user(&name, &[]).await?;
            lock(&self.users).push(user);
        }
        self.issue().await
    }

    /// New tokens in place of all, as many as there are to be: one after the other as they will end, and not all
    /// at once.
    pub(super) async fn fill(&self) -> Result<(), SuiteError> {
        lock(&self.sessions).clear();
        self.write().clear();
        let mut pace = interval(Duration::from_secs(LIFESPAN.into()) / TOKENS);
        for _ in 0..TOKENS {
            pace.tick().await;
            self.issue().await?;
        }
        Ok(())
    }

    /// A token that may be sent.
    pub(super) fn any(&self) -> Option<Arc<Token>> {
        let tokens = self.tokens.read().unwrap_or_else(PoisonError::into_inner);
        let index = lock(&self.rng).usize(0..tokens.len().max(1));
        tokens.get(index).cloned()
    }

    /// Every token that may be sent.
    pub(super) fn all(&self) -> Vec<Arc<Token>> {
        let tokens = self.tokens.read().unwrap_or_else(PoisonError::into_inner);
        tokens.clone()
    }

    /// Lets go of what has been over for long, and has new ones issued in place of what is over.
    pub(super) async fn renew(&self) -> Result<(), SuiteError> {
        let now = Instant::now();
        let is_sent = |token: &Arc<Token>| {
            let ended = token.ending().map(|ending| ending.begun);
            let over = ended.map_or(token.expires(), |ended| ended.min(token.expires()));
            now < over + AFTERLIFE
        };
        self.write().retain(is_sent);
        if self.living() < TOKENS as usize {
            self.issue().await?;
        }
        Ok(())
    }

    /// Logs a session out. Whether there was one.
    pub(super) async fn log_out(&self) -> Result<bool, SuiteError> {
        let session = {
            let mut sessions = lock(&self.sessions);
            if sessions.is_empty() {
                return Ok(false);
            }
            let index = lock(&self.rng).usize(0..sessions.len());
            sessions.swap_remove(index)
        };
        for token in &session.tokens {
            token.begin_to_end(How::Told);
        }
        let logout = self.scene.realm.log_out(FRONT_END, &session.refresh);
        logout.await?;
        for token in &session.tokens {
            token.has_ended();
        }
        Ok(true)
    }

    /// Revokes a token by itself. Whether there was one.
    pub(super) async fn revoke(&self) -> Result<bool, SuiteError> {
        let Some(token) = self.any().filter(|token| is_living(token)) else {
            return Ok(false);
        };
        token.begin_to_end(How::Untold);
        let revoked = self.scene.realm.revoke(FRONT_END, token.text());
        revoked.await?;
        token.has_ended();
        Ok(true)
    }

    /// Asks Keycloak about every token, and tells how many it has forgotten the fate of.
    pub(super) async fn compare(&self) -> Result<usize, SuiteError> {
        let mut forgotten = 0;
        for token in self.all() {
            if Instant::now() + Duration::from_secs(2) > token.expires() {
                continue;
            }
            let answer = self.scene.realm.introspect(OWN, token.text()).await?;
            let is_active = answer.get("active") == Some(&true.into());
            let ending = token.ending();
            // What the service was told is final, whatever Keycloak makes of it later.
            let is_final = ending.is_some_and(|it| it.how == How::Told && it.done.is_some());
            if is_active == ending.is_some() && !is_final {
                token.forget();
                forgotten += 1;
            }
        }
        // Sessions that it has forgotten cannot be refreshed.
        lock(&self.sessions).retain(|session| {
            let mut tokens = session.tokens.iter();
            tokens.all(|token| !token.is_forgotten())
        });
        Ok(forgotten)
    }

    /// One more token: of a session that there is, or of a new one.
    async fn issue(&self) -> Result<(), SuiteError> {
        let refreshed = {
            let sessions = lock(&self.sessions);
            let mut rng = lock(&self.rng);
            let index = rng.usize(0..sessions.len().max(1));
            let session = sessions.get(index);
            session
                .filter(|_| rng.u8(0..3) > 0)
                .map(|session| session.refresh.clone())
        };
        match refreshed {
            Some(refresh) => {
                let tokens = self.scene.realm.refresh(FRONT_END, &refresh).await?;
                let token = self.take(&tokens);
                let mut sessions = lock(&self.sessions);
                let session = sessions.iter_mut().find(|it| it.refresh == refresh);
                if let Some(session) = session {
                    // What has been over for long goes with it.
                    session.tokens.retain(|token| is_living(token));
                    session.tokens.extend(token);
                }
            }
            None => {
                let user = {
                    let users = lock(&self.users);
                    let index = lock(&self.rng).usize(0..users.len().max(1));
                    users.get(index).cloned()
                };
                let Some(user) = user else { return Ok(()) };
                let tokens = self.scene.realm.log_in(FRONT_END, &user).await?;
                let token = self.take(&tokens);
                if let Some(refresh) = tokens.refresh {
                    lock(&self.sessions).push(Session {
                        refresh,
                        tokens: token.into_iter().collect(),
                    });
                }
            }
        }
        Ok(())
    }

    fn take(&self, tokens: &Tokens) -> Option<Arc<Token>> {
        let token = Arc::new(Token::of(tokens.access.clone())?);
        self.write().push(token.clone());
        Some(token)
    }

    fn living(&self) -> usize {
        self.all().iter().filter(|token| is_living(token)).count()
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Vec<Arc<Token>>> {
        self.tokens.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_living(token: &Token) -> bool {
    token.ending().is_none() && Instant::now() < token.expires()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
