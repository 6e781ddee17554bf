//! A token, held to every rule in the order in which the library applies them.

use std::time::{Duration, Instant, UNIX_EPOCH};

use portcullis::{AccessToken, Clock, Issuer, Reason, Rejection, Rule, Timestamp};
use serde_json::Value;

use super::{
    judged::{Here, Judged, is_bound},
    probe::authenticate,
    stopped, verdict,
};
use crate::{
    doctor::{
        finding::Finding,
        progress::Progress,
        settings::{Settings, ShownToken},
    },
    moment::now,
    token::Token,
};

/// What becomes of the token here, and at the server. `None` where there is none to judge.
pub(crate) async fn judge(
    settings: &Settings,
    progress: Progress,
    issuer: &Issuer,
    metadata: &Value,
    can_ask: bool,
) -> Option<Judged> {
    let shown = settings.token.as_ref()?;
    shown.read.as_ref()?;
    let began = Instant::now();
    let here = if is_read_by_the_server_alone(shown) {
        Here::Unreadable
    } else {
        let verifying = verify(settings, issuer, shown);
        progress.during("verifying the token", verifying).await
    };
    let here = (here, began.elapsed());
    Some(verdict::ask(settings, progress, metadata, shown, here, can_ask).await)
}

async fn verify(settings: &Settings, issuer: &Issuer, shown: &ShownToken) -> Here {
    let Err(rejection) = authenticate(issuer.jwt(), &shown.pasted.token).await else {
        return Here::Good;
    };
    let lacks_proof = rejection.reason().rule() == Some(Rule::Binding) && is_bound(shown);
    if !lacks_proof {
        let is_for_another = rejection.reason() == Reason::WrongAudience;
        return Here::Refused {
            rejection,
            is_signed: is_for_another && is_signed(settings, shown).await,
        };
    }
    match judge_unbound(issuer, shown).await {
        Ok(()) => Here::Bound,
        Err(rejection) => Here::Refused {
            rejection,
            is_signed: false,
        },
    }
}

/// The rules that can be judged without the client's proof.
async fn judge_unbound(issuer: &Issuer, shown: &ShownToken) -> Result<(), Rejection> {
    let token = AccessToken::new(&shown.pasted.token);
    let token = token.map_err(|_| Rejection::from(Reason::MalformedToken))?;
    issuer.jwt().danger_judge_unbound(&token).await
}

/// Whether the issuer has signed a token, whoever it is for and whenever it is good: what it says of its
/// client is anybody's word otherwise, and no cure may go by it.
async fn is_signed(settings: &Settings, shown: &ShownToken) -> bool {
    let Ok(builder) = settings.issuer_for_any_audience() else {
        return false;
    };
    let Ok(issuer) = builder.clock(WhileGood::of(shown)).build() else {
        return false;
    };
    judge_unbound(&issuer, shown).await.is_ok()
}

/// Stands at a time at which a token is good by its own account, which is now for most.
#[derive(Debug)]
struct WhileGood(Timestamp);

impl WhileGood {
    fn of(shown: &ShownToken) -> Self {
        let claims = shown.read.as_ref().and_then(Token::claims);
        let time = |name: &str| claims.and_then(|claims| claims.seconds(name));
        let before_its_end = time("exp").map_or(f64::MAX, |end| end - 1.0);
        let begins = time("iat").unwrap_or(0.0).max(time("nbf").unwrap_or(0.0));
        let at = now().min(before_its_end).max(begins);
        let since = Duration::try_from_secs_f64(at).unwrap_or_default();
        Self((UNIX_EPOCH + since.min(FAR_AWAY)).into())
    }
}

/// Beyond any token: some millennia.
const FAR_AWAY: Duration = Duration::from_secs(100_000_000_000);

impl Clock for WhileGood {
    fn now(&self) -> Timestamp {
        self.0
    }

    fn monotonic(&self) -> Instant {
        Instant::now()
    }
}

/// The token, rule by rule, and both verdicts side by side.
pub(crate) fn told(settings: &Settings, judged: Option<&Judged>) -> Vec<Finding> {
    let Some(shown) = &settings.token else {
        return Vec::new();
    };
    let Some(judged) = judged else {
        return vec![form(shown)];
    };
    let mut findings = vec![timed(form(shown), judged)];
    findings.extend(match &judged.here {
        Here::Good => Rule::OF_JWTS.iter().map(|rule| met(shown, *rule)).collect(),
        Here::Bound => bound(shown),
        Here::Refused { rejection, .. } => rules(settings, shown, judged, rejection),
        Here::Unreadable => Vec::new(),
    });
    findings.push(verdict::side_by_side(settings, shown, judged));
    findings
}

fn is_read_by_the_server_alone(shown: &ShownToken) -> bool {
    matches!(shown.read, Some(Token::Opaque(_) | Token::Encrypted(_)))
}

/// How long the rules took that follow. No one of them has a time of its own: the library applies them in one
/// go, and what takes long is a fetch on the way.
fn timed(mut form: Finding, judged: &Judged) -> Finding {
    if matches!(judged.here, Here::Unreadable) {
        return form;
    }
    form.what
        .push_str(" (the time is that of all its rules together)");
    form.took(judged.verifying)
}

/// What was pasted.
fn form(shown: &ShownToken) -> Finding {
    const ID: &str = "token";
    let what = match &shown.read {
        Some(Token::Jwt(_)) => "a JWT",
        Some(Token::Encrypted(_)) => "an encrypted JWT: only the server can read it",
        Some(Token::Opaque(_)) => "opaque: only the server can read it",
        None => {
            let what = "this is no token: it is empty, or has characters that no bearer token has";
            return Finding::wrong(ID, "no_token", what)
                .cure("give the access token alone, as the token endpoint has answered with it");
        }
    };
    let pasted = &shown.pasted;
    let Some(first) = pasted.remarks.first() else {
        return Finding::good(ID, what);
    };
    let remarks = pasted.remarks.iter().map(|remark| remark.what.to_string());
    if pasted.is_refused_as_pasted {
        let what = format!(
            "{what}, and something was pasted along with it: a service refuses it as it stands (what follows is of the token alone)"
        );
        return Finding::wrong(ID, first.code, what).cures(remarks);
    }
    let what = format!("{what}, and something was pasted along with it");
    Finding::notable(ID, first.code, what).cures(remarks)
}

/// Every rule: those that were met, the one that refuses, and those that were not looked at.
fn rules(
    settings: &Settings,
    shown: &ShownToken,
    judged: &Judged,
    rejection: &Rejection,
) -> Vec<Finding> {
    let Some(rule) = rejection.reason().rule() else {
        return vec![unjudged(rejection)];
    };
    let mut findings = Vec::new();
    let mut rules = Rule::OF_JWTS.iter().copied();
    let before = rules.by_ref().take_while(|it| *it != rule);
    findings.extend(before.map(|rule| met(shown, rule)));
    findings.push(stopped::explain(
        settings,
        shown,
        judged.is_signed(),
        rejection,
        rule,
    ));
    findings.extend(rules.map(not_looked_at));
    findings
}

/// Every rule for a token that is good as far as that shows without its client: nothing is looked at after
/// the signature.
fn bound(shown: &ShownToken) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut rules = Rule::OF_JWTS.iter().copied();
    for rule in rules.by_ref() {
        findings.push(met(shown, rule));
        if rule == Rule::Signature {
            break;
        }
    }
    findings.extend(rules.map(not_looked_at));
    findings
}

fn not_looked_at(rule: Rule) -> Finding {
    Finding::not_run(id(rule), "not looked at")
}

fn id(rule: Rule) -> String {
    format!("token.{}", rule.code())
}

fn met(shown: &ShownToken, rule: Rule) -> Finding {
    match rule {
        Rule::Binding if is_bound(shown) => {
            let what = "it is bound (`cnf`): that needs the proof of its client, and cannot be judged here";
            Finding::not_run(id(rule), what)
        }
        Rule::Proof | Rule::Replay => {
            Finding::not_run(id(rule), "no proof of possession comes with a token alone")
        }
        Rule::Requirements => Finding::not_run(id(rule), "what a route requires is not known here"),
        _ => Finding::good(id(rule), rule.demand()),
    }
}

/// Whether it is good could not be found out.
fn unjudged(rejection: &Rejection) -> Finding {
    let (reason, diagnosis) = (rejection.reason(), rejection.diagnosis());
    let what = format!("{}: {}", diagnosis.explanation(), diagnosis.detail());
    Finding::unknown("token.unjudged", reason.code(), what).cure(diagnosis.cure())
}
