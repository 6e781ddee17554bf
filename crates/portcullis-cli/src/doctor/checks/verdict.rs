//! What is found here and what the server says, side by side.

use std::time::{Duration, Instant};

use portcullis::{ConfigError, Freshness, Reason, Rejection, Rule, VerifiedToken};
use serde_json::Value;

use super::{
    disagreement::{self, unnamed_asker},
    judged::{Here, Judged, Lifetime, There},
    probe::{asking, authenticate},
    userinfo::{Standing, standing},
};
use crate::{
    doctor::{
        client::Client,
        finding::Finding,
        progress::Progress,
        settings::{Settings, ShownToken},
        witness::Exchange,
    },
    token::Token,
};

/// Asks the server, where it can be asked and is the one that the token names.
pub(super) async fn ask(
    settings: &Settings,
    progress: Progress,
    metadata: &Value,
    shown: &ShownToken,
    (here, verifying): (Here, Duration),
    can_ask: bool,
) -> Judged {
    let unasked = |here, there| Judged {
        here,
        there,
        verifying,
        asking: None,
        lifetime: Lifetime::of(shown, None),
    };
    let Some(asker) = settings.client.as_ref().filter(|_| can_ask) else {
        let why = "the server cannot be asked (name a client by --client-id)";
        return unasked(here, There::NotAsked(why));
    };
    if !is_for_this_server(settings, shown) {
        let why = "a token is not shown to a server that it does not name";
        return unasked(here, There::NotAsked(why));
    }
    settings.witness.take();
    let began = Instant::now();
    let asking = live(settings, asker, shown, &here);
    let outcome = progress.during("asking the server about the token", asking);
    let outcome = outcome.await;
    let asking = began.elapsed();
    let seen = settings.witness.take();
    let mut answers = seen.iter().rev().filter_map(Exchange::json);
    let answer = answers.find(|json| json.get("active").is_some());
    let there = match outcome {
        Ok(Ok(_)) => There::Good,
        Ok(Err(rejection)) if rejection.reason() == Reason::SenderConstrained => There::Bound,
        Ok(Err(rejection)) => {
            let is_in_doubt = rejection.reason() == Reason::Inactive
                && matches!(here, Here::Good)
                && unnamed_asker(settings, shown).is_some();
            let standing = if is_in_doubt {
                let asking = standing(settings, metadata, &shown.pasted.token);
                progress.during("asking whether it has ended", asking).await
            } else {
                Standing::Untold
            };
            There::Refused {
                rejection,
                standing,
            }
        }
        Err(error) => There::Settings(error),
    };
    Judged {
        lifetime: Lifetime::of(shown, answer.as_ref()),
        asking: Some(asking),
        ..unasked(here, there)
    }
}

/// Whether a token is one of this issuer's by its own account; what nobody else can read is taken for
/// one, since it was given for that.
fn is_for_this_server(settings: &Settings, shown: &ShownToken) -> bool {
    match &shown.read {
        Some(Token::Opaque(_) | Token::Encrypted(_)) => true,
        Some(Token::Jwt(jwt)) => jwt.payload.text("iss") == Some(&settings.issuer),
        None => false,
    }
}

/// As a route asks that wants a live answer. What is refused here is shown to the server all the same:
/// that the two disagree is what is looked for.
async fn live(
    settings: &Settings,
    asker: &Client,
    shown: &ShownToken,
    here: &Here,
) -> Result<Result<VerifiedToken, Rejection>, ConfigError> {
    let issuer = asking(settings, asker, None)?;
    let token = &shown.pasted.token;
    Ok(match here {
        Here::Good => match authenticate(issuer.hybrid(), token).await {
            Ok(verified) => verified.refreshed(Freshness::Live).await,
            refused => refused,
        },
        Here::Bound | Here::Refused { .. } | Here::Unreadable => {
            authenticate(issuer.introspection(), token).await
        }
    })
}

const ID: &str = "verdicts";

/// Both verdicts, and why they are not the same.
pub(super) fn side_by_side(settings: &Settings, shown: &ShownToken, judged: &Judged) -> Finding {
    let finding = compared(settings, shown, judged);
    match judged.asking {
        Some(asking) => finding.took(asking),
        None => finding,
    }
}

fn compared(settings: &Settings, shown: &ShownToken, judged: &Judged) -> Finding {
    let here = match &judged.here {
        Here::Good => "here: good".to_owned(),
        Here::Bound => "here: good, but for the proof of its client".to_owned(),
        Here::Refused { rejection, .. } => format!("here: refused, {}", rejection.reason().code()),
        Here::Unreadable => "here: not readable".to_owned(),
    };
    let refused = match &judged.there {
        There::Good => return both_good(&judged.here, format!("{here}; live: good")),
        There::Bound => {
            let sides = format!("{here}; live: active, and bound to what a request has to prove");
            return both_good(&judged.here, sides);
        }
        There::NotAsked(why) => {
            let sides = format!("{here}; live: {why}");
            return match judged.here {
                // Nobody else could tell.
                Here::Unreadable => Finding::unknown(ID, "cannot_ask", sides),
                Here::Good | Here::Bound | Here::Refused { .. } => Finding::not_run(ID, sides),
            };
        }
        There::Settings(error) => {
            return Finding::notable(ID, "settings_refused", format!("{here}; live: {error}"));
        }
        There::Refused { rejection, .. } => rejection,
    };
    let sides = format!("{here}; live: refused, {}", refused.reason().code());
    if refused.reason().rule().is_none() {
        let cure = refused.diagnosis().cure();
        return Finding::unknown(ID, refused.reason().code(), sides).cure(cure);
    }
    disagreement::explain(settings, shown, judged, refused, sides)
}

fn both_good(here: &Here, sides: String) -> Finding {
    let Here::Refused { rejection, .. } = here else {
        return Finding::good(ID, sides);
    };
    let rule = rejection.reason().rule().map_or("the rule", Rule::code);
    Finding::notable(ID, "only_the_server_takes_it", sides).cure(format!(
        "the server calls it active, since it does not know what this service wants: what `{rule}` says above counts"
    ))
}
