use std::{sync::Arc, time::Duration};

use super::kind::TokenKind;
use crate::{
    AuthorityMap, RevocationSet,
    claims::{Audience, Dialect},
    revocation::StatusCheck,
};

/// What a token must say to be meant for this service. Facts carry it, so that every request is
/// judged by the rules of the token's own issuer.
#[derive(Debug, Clone)]
pub struct Expectations {
    pub(crate) issuer: Option<Arc<str>>,
    pub(crate) audience: ExpectedAudience,
    pub(crate) parties: Option<Vec<String>>,
    pub(crate) leeway: Duration,
    pub(crate) revocations: Option<RevocationSet>,
    pub(crate) authorities: Option<Arc<AuthorityMap>>,
    /// In which shapes the issuer says things.
    pub(crate) dialect: Dialect,
    pub(crate) kind: TokenKind,
    /// Where the issuer lists the status of its tokens.
    pub(crate) status: Option<Arc<StatusCheck>>,
}

/// Which audiences are ours.
#[derive(Debug, Clone)]
pub(crate) enum ExpectedAudience {
    /// At least one of these must be named.
    OneOf(Vec<String>),
    /// Waived by the application, with open eyes.
    Any,
}

impl ExpectedAudience {
    /// Whether a token for this audience is for us.
    pub(crate) fn is_one(&self, named: &[u8]) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(ours) => ours.iter().any(|own| own.as_bytes() == named),
        }
    }

    /// Whether nobody else is named.
    pub(crate) fn is_all_of(&self, audience: &Audience) -> bool {
        match (self, audience) {
            (Self::Any, _) | (_, Audience::Absent) => true,
            (Self::OneOf(_), Audience::Malformed) => false,
            (Self::OneOf(ours), Audience::Named(_)) => audience
                .iter()
                .all(|named| ours.iter().any(|own| own == named)),
        }
    }
}

impl Expectations {
    /// How far two clocks may differ, the issuer's and those of our instances, unless an operator says otherwise.
    pub(crate) const LEEWAY: Duration = Duration::from_secs(30);

    /// Tokens for this audience, with a leeway of 30 seconds.
    #[must_use]
    pub fn audience(audience: impl Into<String>) -> Self {
        Self::with(ExpectedAudience::OneOf(vec![audience.into()]))
    }

    /// Tokens for whatever audience. A token that was issued for another service is then good
    /// here too, and whoever receives one there can use it here (RFC 9700 §2.3).
    #[must_use]
    pub fn danger_any_audience() -> Self {
        Self::with(ExpectedAudience::Any)
    }

    fn with(audience: ExpectedAudience) -> Self {
        Self {
            issuer: None,
            audience,
            parties: None,
            leeway: Self::LEEWAY,
            revocations: None,
            authorities: None,
            dialect: Dialect::default(),
            kind: TokenKind::default(),
            status: None,
        }
    }

    /// One more audience that is ours.
    #[must_use]
    pub fn or_audience(mut self, audience: impl Into<String>) -> Self {
        if let ExpectedAudience::OneOf(audiences) = &mut self.audience {
            audiences.push(audience.into());
        }
        self
    }

    /// The issuer that `iss` must equal, character for character.
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<Arc<str>>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// The clients whose tokens are accepted (`azp`, else `client_id`); all of them unless set.
    #[must_use]
    pub fn authorized_parties<P: Into<String>>(
        mut self,
        parties: impl IntoIterator<Item = P>,
    ) -> Self {
        self.parties = Some(parties.into_iter().map(Into::into).collect());
        self
    }

    /// How far our clock and the issuer's may differ; 30 seconds unless set.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// From which claims the token's authorities come; from none unless set.
    #[must_use]
    pub fn authorities(mut self, map: AuthorityMap) -> Self {
        self.authorities = Some(Arc::new(map));
        self
    }

    pub(crate) fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    pub(crate) fn kind(mut self, kind: TokenKind) -> Self {
        self.kind = kind;
        self
    }

    #[cfg(feature = "status-list")]
    pub(crate) fn status(mut self, check: Option<Arc<StatusCheck>>) -> Self {
        self.status = check;
        self
    }

    /// What is known to be over of this issuer's tokens; nothing unless set.
    #[must_use]
    pub fn revocations(mut self, revocations: &RevocationSet) -> Self {
        self.revocations = Some(revocations.clone());
        self
    }
}
