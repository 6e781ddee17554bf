//! The issuer as the settings describe it, and how its tokens are judged here.

use std::{env, fmt, fs, io, path::Path, sync::Arc, time::Duration};

use portcullis::{
    Authenticator, CertificateSource, ConfigError, Dpop, Issuer, IssuerBuilder, LogoutReceiver,
    NonceKeys, Readiness, Realm, WithCredentials,
};

use crate::{
    config::{DpopSettings, IssuerKind, IssuerSettings, Settings, Verification},
    forwarded::Protocol,
};

/// Who judges tokens, and what has to be known of it.
#[derive(Clone)]
#[non_exhaustive]
pub struct Judging {
    /// Judges tokens.
    pub authenticator: Authenticator,
    /// Takes what the issuer tells of the end of sessions.
    pub logout: Option<LogoutReceiver>,
    readiness: Arc<dyn Fn() -> Readiness + Send + Sync>,
}

/// The issuer cannot be described in this way.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JudgingError {
    /// The settings contradict each other, or are unsafe.
    #[error(transparent)]
    Setting(#[from] ConfigError),
    /// A file cannot be read.
    #[error("{file}: cannot be read: {source}")]
    File {
        /// Which.
        file: String,
        /// Why not.
        source: io::Error,
    },
    /// A variable is not set, or is no text.
    #[error("the environment variable `{0}` is not set: it is to hold the client's secret")]
    Variable(String),
}

impl Judging {
    /// As the settings have it. Reads the files and variables that they name, and never touches the
    /// network.
    ///
    /// # Errors
    /// When a file or variable is not there, or the settings contradict each other or are unsafe.
    pub fn new(settings: &Settings) -> Result<Self, JudgingError> {
        let mut judging = issuer(&settings.issuer)?;
        if let Some(realm) = &settings.forward_auth.realm {
            judging.authenticator = judging.authenticator.realm(realm)?;
        }
        if settings.forward_auth.gateway.protocol() == Protocol::ExtAuthz {
            // Envoy tells it with its question, and only Envoy is believed.
            let told = CertificateSource::connection();
            judging.authenticator = judging.authenticator.client_certificate(told);
        }
        if let Some(dpop) = &settings.dpop {
            judging.authenticator = judging.authenticator.dpop(proofs(dpop)?);
        }
        Ok(judging)
    }

    /// Whether tokens can be judged at the moment.
    pub fn readiness(&self) -> Readiness {
        (self.readiness)()
    }
}

fn issuer(settings: &IssuerSettings) -> Result<Judging, JudgingError> {
    let builder = match settings.kind {
        IssuerKind::Keycloak => Realm::new(&settings.url)?,
        IssuerKind::Oauth => Issuer::builder(&settings.url)?,
    };
    let builder = described(builder, settings)?;
    let Some(client_id) = settings
        .client_id
        .as_deref()
        .filter(|_| settings.can_be_asked())
    else {
        let issuer = builder.build()?;
        return Ok(Judging {
            authenticator: Authenticator::new(issuer.jwt()),
            logout: logout(&issuer, settings)?,
            readiness: Arc::new(move || issuer.readiness()),
        });
    };
    let asking = builder.client_secret(client_id, secret(settings)?);
    let issuer = asked(asking, settings).build()?;
    Ok(Judging {
        authenticator: match settings.verification() {
            Verification::Introspection => Authenticator::new(issuer.introspection()),
            Verification::Hybrid | Verification::Local => Authenticator::new(issuer.hybrid()),
        },
        logout: logout(&issuer, settings)?,
        readiness: Arc::new(move || issuer.readiness()),
    })
}

fn described(
    mut builder: IssuerBuilder,
    settings: &IssuerSettings,
) -> Result<IssuerBuilder, JudgingError> {
    for audience in &settings.audience {
        builder = builder.audience(audience);
    }
    if !settings.authorized_parties.is_empty() {
        builder = builder.authorized_parties(&settings.authorized_parties);
    }
    if let Some(address) = &settings.fetch_from {
        builder = builder.fetch_from(address);
    }
    if let Some(file) = &settings.root_certificate_file {
        builder = builder.root_certificate(read(file)?);
    }
    if !settings.logout_audiences.is_empty() {
        builder = builder.logout_audiences(&settings.logout_audiences);
    }
    if settings.danger_allow_http {
        builder = builder.danger_allow_http();
    }
    Ok(builder)
}

fn asked(
    mut builder: IssuerBuilder<WithCredentials>,
    settings: &IssuerSettings,
) -> IssuerBuilder<WithCredentials> {
    if settings.phantom_token {
        builder = builder.phantom_token();
    }
    if let Some(seconds) = settings.recheck_every_seconds {
        builder = builder.recheck_every(Duration::from_secs(seconds));
    }
    builder
}

fn logout<A>(
    issuer: &Issuer<A>,
    settings: &IssuerSettings,
) -> Result<Option<LogoutReceiver>, ConfigError> {
    if settings.logout_audiences.is_empty() {
        return Ok(None);
    }
    issuer.logout_receiver().map(Some)
}

fn secret(settings: &IssuerSettings) -> Result<String, JudgingError> {
    if let Some(file) = &settings.client_secret_file {
        let secret = String::from_utf8_lossy(&read(file)?).into_owned();
        return Ok(secret.trim_end_matches(['\r', '\n']).to_owned());
    }
    let variable = settings.client_secret_env.clone().unwrap_or_default();
    env::var(&variable).map_err(|_| JudgingError::Variable(variable))
}

fn proofs(settings: &DpopSettings) -> Result<Dpop, ConfigError> {
    let mut urls = settings.external_urls.iter();
    let first = urls.next().map(String::as_str).unwrap_or_default();
    let mut dpop = Dpop::at(first)?;
    for url in urls {
        dpop = dpop.or_at(url)?;
    }
    if settings.nonces {
        dpop = dpop.nonces(&NonceKeys::of_this_process()?);
    }
    Ok(dpop)
}

fn read(file: &Path) -> Result<Vec<u8>, JudgingError> {
    fs::read(file).map_err(|source| JudgingError::File {
        file: file.display().to_string(),
        source,
    })
}

impl fmt::Debug for Judging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Judging").finish_non_exhaustive()
    }
}
