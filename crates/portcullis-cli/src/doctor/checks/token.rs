//! A token, held to every rule in the order in which the library applies them.

use portcullis::{Issuer, Reason, Rejection, Rule};

use super::{
    probe::authenticate,
    stopped,
    verdict::{self, Here, Judged},
};
use crate::{
    doctor::{
        finding::Finding,
        progress::Progress,
        settings::{Settings, ShownToken},
    },
    token::Token,
};

/// What becomes of the token here, and at the server. `None` where there is none to judge.
pub(crate) async fn judge(
    settings: &Settings,
    progress: Progress,
    issuer: &Issuer,
    can_ask: bool,
) -> Option<Judged> {
    let shown = settings.token.as_ref()?;
    shown.read.as_ref()?;
    let here = if is_read_by_the_server_alone(shown) {
        Here::Unreadable
    } else {
        let verifying = authenticate(issuer.jwt(), &shown.pasted.token);
        match progress.during("verifying the token", verifying).await {
            Ok(_) => Here::Good,
            Err(rejection) => Here::Refused(rejection),
        }
    };
    let there = verdict::ask(settings, progress, shown, &here, can_ask).await;
    Some(Judged::of(shown, here, there))
}

/// The token, rule by rule, and both verdicts side by side.
pub(crate) fn told(settings: &Settings, judged: Option<&Judged>) -> Vec<Finding> {
    let Some(shown) = &settings.token else {
        return Vec::new();
    };
    let mut findings = vec![form(shown)];
    let Some(judged) = judged else {
        return findings;
    };
    findings.extend(match &judged.here {
        Here::Good => rules(settings, shown, None),
        Here::Refused(rejection) => rules(settings, shown, Some(rejection)),
        Here::Unreadable => Vec::new(),
    });
    findings.push(verdict::side_by_side(settings, shown, judged));
    findings
}

fn is_read_by_the_server_alone(shown: &ShownToken) -> bool {
    matches!(shown.read, Some(Token::Opaque(_) | Token::Encrypted(_)))
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
    let Some(first) = shown.pasted.remarks.first() else {
        return Finding::good(ID, what);
    };
    let others = shown
        .pasted
        .remarks
        .iter()
        .map(|remark| remark.what.to_string());
    Finding::notable(
        ID,
        first.code,
        format!("{what}, and something was pasted along with it"),
    )
    .cures(others)
}

/// Every rule: those that were met, the one that refuses, and those that were not looked at.
fn rules(settings: &Settings, shown: &ShownToken, refused: Option<&Rejection>) -> Vec<Finding> {
    let stop = refused.map(Rejection::reason);
    let Some(rule) = stop.and_then(Reason::rule) else {
        return match refused {
            None => Rule::OF_JWTS.iter().map(|rule| met(*rule)).collect(),
            Some(rejection) => vec![unjudged(rejection)],
        };
    };
    let mut findings = Vec::new();
    let mut rules = Rule::OF_JWTS.iter().copied();
    findings.extend(rules.by_ref().take_while(|it| *it != rule).map(met));
    if let Some(rejection) = refused {
        findings.push(stopped::explain(settings, shown, rule, rejection));
    }
    findings.extend(rules.map(|rule| Finding::not_run(id(rule), "not looked at")));
    findings
}

fn id(rule: Rule) -> String {
    format!("token.{}", rule.code())
}

fn met(rule: Rule) -> Finding {
    match rule {
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
