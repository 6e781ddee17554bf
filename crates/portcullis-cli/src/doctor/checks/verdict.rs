//! What is found here and what the server says, side by side.

use portcullis::{ConfigError, Freshness, Reason, Rejection, Rule, VerifiedToken};

use super::{
    disagreement,
    probe::{asking, authenticate},
};
use crate::{
    doctor::{
        client::Client,
        finding::Finding,
        progress::Progress,
        settings::{Settings, ShownToken},
    },
    moment::now,
    token::Token,
};

/// Both verdicts on a token.
pub(crate) struct Judged {
    pub(super) here: Here,
    pub(super) there: There,
    /// How far the clocks differ, where the two verdicts prove that they do.
    clock: Option<ClockDifference>,
}

/// What was found here.
pub(super) enum Here {
    Good,
    Refused(Rejection),
    /// Only the server can read it.
    Unreadable,
}

/// What the server says.
pub(super) enum There {
    Good,
    Refused(Rejection),
    /// It was not asked, for this reason.
    NotAsked(&'static str),
    Settings(ConfigError),
}

/// How far this clock differs from the server's.
pub(crate) struct ClockDifference {
    /// In seconds.
    pub(super) at_least: f64,
    pub(super) is_ahead: bool,
}

impl Judged {
    pub(super) fn of(shown: &ShownToken, here: Here, there: There) -> Self {
        let clock = clock_difference(shown, &there);
        Self { here, there, clock }
    }

    /// How far the clocks differ, where that is known.
    pub(super) fn clock_difference(&self) -> Option<&ClockDifference> {
        self.clock.as_ref()
    }
}

/// The server has called the token active, and by our clock it is over or has not begun: the server's
/// clock says otherwise.
fn clock_difference(shown: &ShownToken, there: &There) -> Option<ClockDifference> {
    let There::Refused(rejection) = there else {
        return None;
    };
    let claims = shown.read.as_ref().and_then(Token::claims)?;
    match rejection.reason() {
        Reason::Expired => Some(ClockDifference {
            at_least: now() - claims.seconds("exp")?,
            is_ahead: true,
        }),
        Reason::IssuedInFuture => Some(ClockDifference {
            at_least: claims.seconds("iat")? - now(),
            is_ahead: false,
        }),
        _ => None,
    }
}

/// Asks the server, where it can be asked and is the one that the token names.
pub(super) async fn ask(
    settings: &Settings,
    progress: Progress,
    shown: &ShownToken,
    here: &Here,
    can_ask: bool,
) -> There {
    let Some(asker) = settings.client.as_ref().filter(|_| can_ask) else {
        return There::NotAsked("the server cannot be asked (name a client by --client-id)");
    };
    if names_another_issuer(settings, shown) {
        return There::NotAsked("a token is not shown to a server that it does not name");
    }
    let asking = live(settings, asker, shown, here);
    match progress
        .during("asking the server about the token", asking)
        .await
    {
        Ok(Ok(_)) => There::Good,
        Ok(Err(rejection)) => There::Refused(rejection),
        Err(error) => There::Settings(error),
    }
}

fn names_another_issuer(settings: &Settings, shown: &ShownToken) -> bool {
    let claims = shown.read.as_ref().and_then(Token::claims);
    let issuer = claims.and_then(|claims| claims.text("iss"));
    issuer.is_some_and(|issuer| issuer != settings.issuer)
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
        Here::Refused(_) | Here::Unreadable => authenticate(issuer.introspection(), token).await,
    })
}

const ID: &str = "verdicts";

/// Both verdicts, and why they are not the same.
pub(super) fn side_by_side(settings: &Settings, shown: &ShownToken, judged: &Judged) -> Finding {
    let here = match &judged.here {
        Here::Good => "here: good".to_owned(),
        Here::Refused(rejection) => format!("here: refused, {}", rejection.reason().code()),
        Here::Unreadable => "here: not readable".to_owned(),
    };
    let refused = match &judged.there {
        There::Good => return both_good(&judged.here, format!("{here}; live: good")),
        There::NotAsked(why) => {
            let sides = format!("{here}; live: {why}");
            return match judged.here {
                // Nobody else could tell.
                Here::Unreadable => Finding::unknown(ID, "cannot_ask", sides),
                Here::Good | Here::Refused(_) => Finding::not_run(ID, sides),
            };
        }
        There::Settings(error) => {
            return Finding::notable(ID, "settings_refused", format!("{here}; live: {error}"));
        }
        There::Refused(refused) => refused,
    };
    let sides = format!("{here}; live: refused, {}", refused.reason().code());
    if refused.reason().rule().is_none() {
        let cure = refused.diagnosis().cure();
        return Finding::unknown(ID, refused.reason().code(), sides).cure(cure);
    }
    disagreement::explain(settings, shown, &judged.here, refused, sides)
}

fn both_good(here: &Here, sides: String) -> Finding {
    let Here::Refused(rejection) = here else {
        return Finding::good(ID, sides);
    };
    let rule = rejection.reason().rule().map_or("the rule", Rule::code);
    Finding::notable(ID, "only_the_server_takes_it", sides).cure(format!(
        "the server calls it active, since it does not know what this service wants: what `{rule}` says above counts"
    ))
}
