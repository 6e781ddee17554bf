//! What calls may be made.

use super::{Promise, Violation};
use crate::{
    call::About,
    journal::Moment,
    schedule::Kind,
    world::{What, World},
};

/// Judges a call that an instance begins.
pub(crate) fn judge(world: &mut World, instance: usize, about: About, began: Moment) {
    if let Err(what) = judged(world, instance, about, began) {
        world.broken.get_or_insert(Violation {
            step: began.step,
            promise: Promise::CallBudget,
            what: format!("{what}: instance {instance}, {about:?}"),
            history: Vec::new(),
        });
    }
}

fn judged(world: &World, instance: usize, about: About, began: Moment) -> Result<(), &'static str> {
    // Of two probes the first may just be giving up.
    if about != About::Nothing
        && world
            .calls_of(instance, about)
            .any(|call| call.ended.is_none())
    {
        return Err("two calls about the same are under way");
    }
    let About::Token(token) = about else {
        return Ok(());
    };
    let session = world.server.tokens[token].session;
    let told = world.told_of_end(instance, session);
    let names_session = world.server.tokens[token].kind != Kind::Opaque;
    if names_session && told.is_some_and(|told| told.step < began.step) {
        return Err("a call about what is known to be over");
    }
    let requests = || {
        let all = world.requests.iter();
        all.filter(|it| it.token == token && it.instance == instance && it.arrived.is_some())
    };
    // Each answer may be one tick of the clock too old for what is doubted, and asked for again.
    let needed: usize = requests().map(|it| 2 * it.route.answers()).sum();
    let news = world
        .told
        .iter()
        .filter(|it| it.instance == instance && it.what != What::Other);
    let inactive = world.verdicts(token).filter(|it| !it.is_active);
    if world.calls_of(instance, about).count() >= needed + news.count() + inactive.count() {
        return Err("more calls than requests have use for");
    }
    // Whoever comes while a call is under way books the next, which is made though he may be gone by then.
    let mut calls: Vec<_> = world.calls_of(instance, about).collect();
    calls.pop();
    let serves = calls.pop().is_none_or(|last_but_one| {
        requests().any(|it| it.route.may_ask() && it.arrived > Some(last_but_one.began))
            || requests().any(|it| it.route.may_ask() && it.answered.is_none())
    });
    if serves {
        Ok(())
    } else {
        Err("a call that nobody has use for")
    }
}
