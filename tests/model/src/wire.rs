use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use portcullis::{HttpClient, HttpError, HttpFuture, Limits};
use serde_json::json;
use tokio::sync::oneshot;

use crate::{
    call::{About, Call, Delivery, Ending, Word},
    jwt,
    promise::calls,
    schedule::Mode,
    world::{Shared, World},
};

/// The way from an instance to the authorization server.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) instance: usize,
    pub(crate) world: Shared,
}

impl Wire {
    pub(crate) const KEYS: &'static str = "https://id.example.com/keys";
    pub(crate) const INTROSPECTION: &'static str = "https://id.example.com/introspect";
}

impl HttpClient for Wire {
    fn send(&self, request: Request<Bytes>, _: Limits) -> HttpFuture {
        let mut world = self.world.lock();
        let about = about(&request, &world);
        let mode = match about {
            About::Keys => world.keys,
            About::Token(_) | About::Nothing => world.introspection,
        };
        let began = world.journal.event();
        calls::judge(&mut world, self.instance, about, began);
        let number = world.calls.len();
        let is_held = matches!(mode, Mode::Hold | Mode::HoldAnswer);
        let (hold, held) = is_held.then(oneshot::channel).unzip();
        world.calls.push(Call {
            instance: self.instance,
            about,
            began,
            judged: None,
            ended: None,
            hold,
        });
        if matches!(mode, Mode::Answer | Mode::HoldAnswer) {
            world.make_up(number);
        }
        let unheld = match mode {
            Mode::Trouble => Delivery::Trouble,
            Mode::Unreachable => Delivery::Nothing,
            Mode::Answer | Mode::Hold | Mode::HoldAnswer => Delivery::Answer,
        };
        drop(world);
        let waiting = Waiting {
            world: self.world.clone(),
            number,
        };
        Box::pin(async move {
            let delivery = match held {
                Some(held) => held.await.unwrap_or(Delivery::Nothing),
                None => unheld,
            };
            waiting.end(delivery)
        })
    }
}

fn about(request: &Request<Bytes>, world: &World) -> About {
    if request.uri().path() == "/keys" {
        return About::Keys;
    }
    let form = std::str::from_utf8(request.body()).unwrap_or_default();
    let token = form.split('&').find_map(|pair| pair.strip_prefix("token="));
    let known = token.and_then(|token| world.server.find(token));
    known.map_or(About::Nothing, About::Token)
}

impl World {
    /// Has the server make up its answer to a call.
    pub(crate) fn make_up(&mut self, number: usize) {
        let about = self.calls[number].about;
        if self.calls[number].judged.is_some() {
            return;
        }
        let word = match about {
            About::Token(token) => Word::Active(self.server.is_active(token, &self.journal)),
            About::Nothing => Word::Active(false),
            About::Keys => Word::Keys(self.server.published()),
        };
        let now = self.journal.event();
        self.calls[number].judged = Some((now, word));
    }

    fn answer(&self, number: usize) -> String {
        let call = &self.calls[number];
        match (&call.judged, call.about) {
            (Some((_, Word::Keys(keys))), _) => {
                let keys: Vec<_> = keys.iter().map(|key| jwt::published(*key)).collect();
                json!({ "keys": keys }).to_string()
            }
            (Some((_, Word::Active(true))), About::Token(token)) => self.server.active(token),
            _ => r#"{"active":false}"#.to_owned(),
        }
    }
}

/// An instance that waits for what comes of a call, or gives it up.
struct Waiting {
    world: Shared,
    number: usize,
}

impl Waiting {
    fn end(&self, delivery: Delivery) -> Result<Response<Bytes>, HttpError> {
        let mut world = self.world.lock();
        let ending = match delivery {
            Delivery::Answer => Ending::Learned,
            Delivery::Trouble | Delivery::Nothing => Ending::Failed,
        };
        let now = world.journal.event();
        world.calls[self.number].ended = Some((now, ending));
        match delivery {
            Delivery::Answer => {
                let mut answer = Response::new(world.answer(self.number).into());
                let json = HeaderValue::from_static("application/json");
                answer.headers_mut().insert(header::CONTENT_TYPE, json);
                Ok(answer)
            }
            Delivery::Trouble => {
                let mut answer = Response::new(Bytes::new());
                *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                Ok(answer)
            }
            Delivery::Nothing => Err(HttpError::Unreachable("it is away".to_owned())),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut world = self.world.lock();
        let now = world.journal.event();
        let call = &mut world.calls[self.number];
        call.ended.get_or_insert((now, Ending::GivenUp));
        call.hold = None;
    }
}
