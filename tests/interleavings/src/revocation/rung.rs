use std::sync::Arc;

use shuttle::{
    future::{block_on, spawn},
    thread,
};

use super::{
    Inner, Places, RevocationSet, TokenFacts,
    bells::Bells,
    entries::{Entries, Entry, Key, Kind, Place},
};

/// One who waits for the end of a session, as a stream does, and two who put in what is over.
pub(super) fn heard() {
    let inner = Arc::new(Inner {
        entries: Entries::with_capacity(8),
        bells: Bells::default(),
    });
    let waiting = {
        let set = RevocationSet {
            inner: inner.clone(),
        };
        spawn(async move {
            let facts = TokenFacts {
                places: Places(vec![Place::of("session")]),
            };
            loop {
                // Before the look, so that nothing is missed in between.
                let news = set.news_of(&facts);
                let view = set.inner.entries.view();
                let found = view.is_some_and(|view| {
                    view.find(Key::new(Kind::Session, "session"), || 0)
                        .is_some()
                });
                if found {
                    return;
                }
                news.await;
            }
        })
    };
    let tellers: Vec<_> = ["other", "session"]
        .into_iter()
        .map(|name| {
            let inner = inner.clone();
            thread::spawn(move || {
                let entry = Entry {
                    moment: 1,
                    arrived: 1,
                    end: 60,
                };
                let key = Key::new(Kind::Session, name);
                if inner.entries.put(key, entry, 0).is_news {
                    inner.bells.ring(key);
                }
            })
        })
        .collect();
    block_on(waiting).expect("whoever waits");
    for teller in tellers {
        teller.join().unwrap();
    }
}
