//! Who may be refused.

use http::StatusCode;
use portcullis::Reason;

use super::{Judged, accepted::end, demand};
use crate::{
    instance::Instance,
    journal::Moment,
    schedule::{Kind, Route},
    world::{Answered, Request, What, World},
};

pub(super) fn judge(world: &World, request: &Request, answered: Answered) -> Judged {
    let token = &world.server.tokens[request.token];
    let arrived = request
        .arrived
        .expect("an answer to a request that arrived");
    let reason = answered.reason.ok_or("it says no reason")?;
    debug_assert_eq!(reason.status(), StatusCode::UNAUTHORIZED);
    match reason {
        Reason::Expired => demand(
            answered.at.time >= end(world, request),
            "it has not expired",
        ),
        Reason::UnknownKey | Reason::BadSignature => {
            let key = &world.server.keys[token.key];
            let is_withdrawn = key
                .withdrawn
                .is_some_and(|withdrawn| withdrawn < answered.at);
            demand(
                token.kind == Kind::Forged || is_withdrawn,
                "its key was published all the time",
            )
        }
        Reason::Revoked => demand(
            world.notified.contains(&token.session),
            "nobody was told that its session has ended",
        ),
        Reason::Inactive => demand(
            was_inactive(world, request, arrived, answered.at),
            "the server has not called it inactive lately",
        ),
        other => Err(format!("that is no reason here: {other:?}")),
    }
}

/// Whether the server has called the token inactive, and that still counts.
fn was_inactive(world: &World, request: &Request, arrived: Moment, at: Moment) -> bool {
    let may_know = |instance| world.sinks.len() > 1 || instance == request.instance;
    let inactive = || {
        let verdicts = world.verdicts(request.token);
        verdicts.filter(|it| !it.is_active && may_know(it.instance) && it.learned <= at)
    };
    let counts_still = inactive().any(|it| {
        let age = arrived.time.saturating_sub(it.began.time);
        let age = world.seeming_age(it.instance, request.instance, age);
        it.learned > arrived || age < Instance::INACTIVE
    });
    if counts_still || request.route != Route::Local {
        return counts_still;
    }
    // Where nobody can be asked, until the server says otherwise.
    let doubts = inactive().map(|it| it.began);
    let told = world.told.iter().filter(|told| {
        told.instance == request.instance
            && matches!(told.what, What::Inactive { token, .. } if token == request.token)
    });
    let doubts = doubts.chain(told.map(|told| told.at));
    let active = || {
        let verdicts = world.verdicts(request.token);
        verdicts
            .filter(|it| it.is_active && it.instance == request.instance && it.learned <= arrived)
    };
    doubts
        .into_iter()
        .any(|doubt| !active().any(|it| it.began > doubt))
}
