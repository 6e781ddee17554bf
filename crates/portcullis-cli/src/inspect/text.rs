//! The report as people read it.

use std::fmt::{self, Write};

use super::{kind::Kind, report::Report};
use crate::{
    terminal::{visible, visible_json},
    token::{Json, Part, Token},
};

/// The report on a token, safe to be shown.
pub(super) fn render(report: &Report, token: &Token) -> Result<String, fmt::Error> {
    let mut out = String::new();
    match token {
        Token::Jwt(jwt) => {
            let kind = report.kind.map_or("token", Kind::name);
            writeln!(
                out,
                "JWT, {kind}. NOT VERIFIED: anybody can have written it."
            )?;
            part(&mut out, "header", &jwt.header)?;
            part(&mut out, "payload", &jwt.payload)?;
            times(&mut out, report)?;
            claims(&mut out, report)?;
        }
        Token::Encrypted(header) => {
            writeln!(
                out,
                "JWE: encrypted, {} characters. NOT VERIFIED.",
                report.length
            )?;
            part(&mut out, "header", header)?;
        }
        Token::Opaque(token) => opaque(&mut out, token.as_str())?,
    }
    unusual(&mut out, report)?;
    out.push_str("\nWhether a service would take it: portcullis doctor --issuer URL --audience NAME --token -\n");
    Ok(out)
}

fn part(out: &mut String, name: &str, part: &Part) -> fmt::Result {
    writeln!(out, "\n{name}")?;
    let text = match &part.json {
        Some(json) => pretty(json),
        None if part.bytes.is_empty() => "(nothing)".to_owned(),
        None => visible(&String::from_utf8_lossy(&part.bytes)),
    };
    text.lines().try_for_each(|line| writeln!(out, "  {line}"))
}

fn pretty(json: &Json) -> String {
    let text = serde_json::to_string_pretty(json).unwrap_or_default();
    visible_json(&text)
}

fn times(out: &mut String, report: &Report) -> fmt::Result {
    if report.times.is_empty() {
        return Ok(());
    }
    writeln!(out, "\ntimes")?;
    for time in &report.times {
        let moment = &time.moment;
        let utc = moment.utc.as_deref().unwrap_or("no date");
        let relative = moment.relative.as_deref().unwrap_or_default();
        writeln!(out, "  {:<10} {utc}  {relative}", time.claim)?;
    }
    Ok(())
}

fn claims(out: &mut String, report: &Report) -> fmt::Result {
    let Some(claims) = &report.claims else {
        return Ok(());
    };
    writeln!(out, "\nwho, and for whom")?;
    let mut line = |name: &str, said: &str| {
        let said = if said.is_empty() { "-" } else { said };
        writeln!(out, "  {name:<10} {}", visible(said))
    };
    line("issuer", claims.issuer.as_deref().unwrap_or_default())?;
    line("subject", claims.subject.as_deref().unwrap_or_default())?;
    line("client", claims.client.as_deref().unwrap_or_default())?;
    line("audience", &claims.audience.join(", "))?;
    line("session", claims.session.as_deref().unwrap_or_default())?;
    line("bound to", &claims.bound_to.join(", "))?;
    line("scope", &claims.scope.join(" "))?;
    if !claims.roles.is_empty() {
        line("realm", &format!("roles {}", claims.roles.realm.join(", ")))?;
        for (client, roles) in &claims.roles.clients {
            line("", &format!("roles at {client}: {}", roles.join(", ")))?;
        }
    }
    for permission in &claims.permissions {
        let scopes = permission.scopes.join(", ");
        line("permission", &format!("{}: {scopes}", permission.resource))?;
    }
    Ok(())
}

fn opaque(out: &mut String, token: &str) -> fmt::Result {
    let is_hex = token.bytes().all(|byte| byte.is_ascii_hexdigit());
    let letters = if is_hex {
        "hexadecimal digits"
    } else {
        "letters of a bearer token"
    };
    let parts = token.split('.').count();
    writeln!(
        out,
        "Opaque: {} {letters}, in {parts} part(s). Only the server that issued it can read it.",
        token.len()
    )?;
    out.push_str("\nAsk it: portcullis doctor --issuer URL --audience NAME --client-id ID --client-secret-env VAR --token -\n");
    Ok(())
}

fn unusual(out: &mut String, report: &Report) -> fmt::Result {
    if report.unusual.is_empty() {
        return writeln!(out, "\nnothing unusual");
    }
    writeln!(out, "\nunusual")?;
    for remark in &report.unusual {
        writeln!(out, "  ! {}", visible(&remark.what))?;
    }
    Ok(())
}
