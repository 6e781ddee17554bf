//! The file that says everything: what listens where, who judges tokens, and the rules.

mod error;
mod file;
mod lines;
mod listen;
mod settings;

use std::{collections::BTreeMap, fs, path::Path, sync::Arc, time::Duration};

use toml::Spanned;

pub use self::{
    error::ConfigFileError,
    listen::ListenAddress,
    settings::{
        DpopSettings, ForwardAuthSettings, IssuerKind, IssuerSettings, ManagementSettings,
        NoticeSettings, Settings, TlsSettings, Verification,
    },
};
use self::{
    file::{File, RuleTable, UpstreamTable},
    lines::Lines,
};
use crate::{
    forwarded::{Hosts, TrustedPeers},
    gate::Policy,
    identity::{IdentityHeaderName, IdentityHeaders},
    rules::{Access, Asked, Demands, Rule, Rules},
    upstream::{Upstream, UpstreamToken},
};

/// What a file says.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// What is fixed while the gateway runs.
    pub settings: Settings,
    /// What changes when the file is read again.
    pub policy: Policy,
    /// The line that says which gateway asks.
    pub(crate) gateway_line: usize,
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, or says something that cannot be, contradicts itself, or is not known
    /// here; with the line, and what to write instead. What else stands in the file is never shown.
    pub fn read(path: &Path) -> Result<Self, ConfigFileError> {
        let read = fs::read(path);
        let bytes = read.map_err(|error| ConfigFileError::unread(&error).in_file(path))?;
        Self::of_file(path, &bytes)
    }

    /// What a file says that was read already.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    pub fn of_file(path: &Path, bytes: &[u8]) -> Result<Self, ConfigFileError> {
        let text = std::str::from_utf8(bytes).map_err(|_| ConfigFileError::no_text());
        text.and_then(Self::parse)
            .map_err(|error| error.in_file(path))
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    pub fn parse(text: &str) -> Result<Self, ConfigFileError> {
        let lines = Lines::of(text);
        let file: File = toml::from_str(text).map_err(|error| lines.syntax(&error))?;
        let settings = Settings {
            forward_auth: file.forward_auth.settings,
            management: file.management,
            notices: file.notices,
            issuer: file.issuer.get_ref().clone(),
            dpop: file.dpop,
        };
        settings
            .judge()
            .map_err(|problem| lines.error(&file.issuer, problem))?;
        let trusted_peers = match file.forward_auth.trusted_peers {
            None => TrustedPeers::default(),
            Some(peers) if settings.forward_auth.believes_addresses() => peers.into_inner(),
            Some(peers) => {
                let problem = "addresses are not looked at here: who shows a certificate (`[forward_auth.tls]`) or may open the Unix socket is believed. Leave `trusted_peers` out";
                return Err(lines.error(&peers, problem));
            }
        };
        let upstreams = upstreams(&file.upstreams, &settings, lines)?;
        let rules: Vec<Rule> = file
            .rules
            .into_iter()
            .map(|table| rule(table, &upstreams, &settings, lines))
            .collect::<Result<_, _>>()?;
        let policy = Policy {
            gateway: settings.forward_auth.gateway,
            hosts: hosts(file.forward_auth.hosts.as_ref(), &settings, lines)?,
            trusted_peers,
            rules: Rules::new(rules),
            identity: match file.identity {
                Some(headers) => identity(headers, lines)?,
                None => IdentityHeaders::default(),
            },
        };
        Ok(Self {
            settings,
            policy,
            gateway_line: lines.of_value(&file.forward_auth.gateway),
        })
    }
}

fn hosts(
    named: Option<&Spanned<Hosts>>,
    settings: &Settings,
    lines: Lines<'_>,
) -> Result<Option<Hosts>, ConfigFileError> {
    let Some(named) = named else {
        return Ok(None);
    };
    let hosts = named.get_ref();
    match hosts.with_port() {
        Some(host) if !settings.forward_auth.gateway.tells_ports() => {
            let problem = format!(
                "nginx tells hosts without their port, and no request would be to {host:?}: leave the port out"
            );
            Err(lines.error(named, problem))
        }
        _ => Ok(Some(hosts.clone())),
    }
}

type Upstreams = BTreeMap<String, Arc<Upstream>>;

fn upstreams(
    tables: &BTreeMap<String, Spanned<UpstreamTable>>,
    settings: &Settings,
    lines: Lines<'_>,
) -> Result<Upstreams, ConfigFileError> {
    let upstream = |(name, table): (&String, &Spanned<UpstreamTable>)| {
        let UpstreamTable {
            authorization,
            hosts,
        } = table.get_ref();
        if *authorization == UpstreamToken::Phantom && !settings.issuer.phantom_token {
            let problem = "the upstream takes full JWTs, and the issuer is not asked for them: write `phantom_token = true` in `[issuer]`";
            return Err(lines.error(table, problem));
        }
        let hosts = self::hosts(hosts.as_ref(), settings, lines)?;
        let upstream = Upstream::new(*authorization, hosts)
            .map_err(|error| lines.error(table, format!("the upstream {name:?}: {error}")))?;
        Ok((name.clone(), Arc::new(upstream)))
    };
    tables.iter().map(upstream).collect()
}

fn rule(
    table: Spanned<RuleTable>,
    upstreams: &Upstreams,
    settings: &Settings,
    lines: Lines<'_>,
) -> Result<Rule, ConfigFileError> {
    let span = table.span();
    let table = table.into_inner();
    let refused = |problem: String| {
        let problem = format!("the rule for {:?}: {problem}", table.path.as_str());
        lines.at(span.start, problem)
    };
    let upstream = match &table.upstream {
        None => Arc::default(),
        Some(name) => upstreams.get(name).cloned().ok_or_else(|| {
            refused(format!(
                "there is no upstream {name:?}: write `[upstreams.{name}]`, or the name of one that is there"
            ))
        })?,
    };
    let access = if table.public {
        if table.asks_for_anything() {
            return Err(refused(
                "it is for everybody and asks for something of a token: leave `public` out, or everything else"
                    .to_owned(),
            ));
        }
        if upstream.token() != UpstreamToken::Remove {
            return Err(refused(
                "it is for everybody, so that nobody has judged a token that its upstream could get: leave `upstream` out"
                    .to_owned(),
            ));
        }
        Access::Public
    } else {
        let asked = Asked {
            live: table.live,
            live_within: table.live_within_seconds.map(Duration::from_secs),
            scopes: table.scopes,
            realm_roles: table.roles,
            client_roles: table.client_roles.into_iter().collect(),
        };
        let demands = Demands::new(asked).map_err(|error| refused(error.to_string()))?;
        if demands.needs_asking() && !settings.issuer.can_be_asked() {
            return Err(refused(
                "it asks for a live answer, and the issuer cannot be asked: give `[issuer]` a `client_id` and its secret, and `verify = \"hybrid\"` or `\"introspection\"`"
                    .to_owned(),
            ));
        }
        Access::Token(demands)
    };
    Ok(Rule {
        path: table.path,
        methods: table.methods,
        access,
        upstream,
    })
}

fn identity(
    headers: BTreeMap<Spanned<String>, crate::identity::Source>,
    lines: Lines<'_>,
) -> Result<IdentityHeaders, ConfigFileError> {
    let mut named = Vec::new();
    let mut last = 0;
    for (name, source) in headers {
        last = name.span().start;
        let name = IdentityHeaderName::new(name.into_inner())
            .map_err(|error| lines.at(last, error.to_string()))?;
        named.push((name, source));
    }
    IdentityHeaders::new(named).map_err(|error| lines.at(last, error.to_string()))
}

#[cfg(test)]
mod tests;
