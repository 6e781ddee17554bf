use std::{borrow::Cow, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Response, header};
use serde::Deserialize;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    task::spawn_blocking,
    time::timeout,
};

use super::{
    list::{Life, StatusList},
    statuses::Statuses,
};
use crate::{
    Timestamp,
    claims::{Members, RegisteredClaims},
    discovery::Discovery,
    http_client::{Began, FetchError, Limits, ServerUrl, fetch_from_origin},
    revocation::Signatory,
    telemetry::StatusListTelemetry,
};

/// What the status lists of an issuer are held against (§5.1, §8.3).
#[derive(Debug)]
pub(crate) struct ListRules {
    pub(crate) discovery: Arc<Discovery>,
    pub(crate) signatory: Signatory,
    pub(crate) leeway: Duration,
    /// How many bytes of lists are kept.
    pub(crate) max_bytes: usize,
    /// How many lists may be on their way at once: what is on its way is not among those that are kept.
    pub(crate) turns: Semaphore,
    pub(crate) telemetry: StatusListTelemetry,
}

#[derive(Deserialize)]
struct StatusListClaim<'a> {
    bits: u8,
    #[serde(borrow)]
    lst: Cow<'a, str>,
}

/// A list that is well signed, and still packed.
struct Packed {
    iat: Timestamp,
    ttl: Option<Duration>,
    exp: Option<Timestamp>,
    bits: u8,
    zlib: Vec<u8>,
}

/// What is wrong with a list.
struct Unfit(String);

impl<E: std::error::Error> From<E> for Unfit {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl ListRules {
    const MEDIA_TYPE: &str = "application/statuslist+jwt";
    const TYP: &str = "statuslist+jwt";
    /// How long a list may be as it is sent.
    const MAX_DOCUMENT: usize = 8 << 20;

    /// Turns for so many lists at once.
    pub(crate) fn turns() -> Semaphore {
        Semaphore::new(8)
    }

    /// Fetches the list that tokens call `uri`, from where that is reached.
    pub(super) async fn fetch(
        &self,
        uri: &str,
        here: &ServerUrl,
        began: Began,
    ) -> Result<StatusList, FetchError> {
        let _turn = self.turn().await;
        let limits = Limits::new(self.discovery.deadline, Self::MAX_DOCUMENT);
        let http = &*self.discovery.http;
        let answer = fetch_from_origin(http, here, Self::MEDIA_TYPE, None, limits).await?;
        let list = async {
            let packed = self.read(uri, &answer).await?;
            drop(answer);
            self.unpack(packed, began).await
        };
        list.await.map_err(|Unfit(problem)| FetchError::Malformed {
            url: here.to_string(),
            problem,
        })
    }

    /// Waits for a turn. It may be that nobody gives one back, as on a host that answers nothing, or a
    /// runtime that does not run: whoever has waited for half of his time goes without.
    async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        let patience = self.discovery.deadline / 2;
        let turn = timeout(patience, self.turns.acquire()).await;
        turn.ok().and_then(Result::ok)
    }

    /// Reads a list. Its signature is looked at before it is unpacked.
    async fn read(&self, uri: &str, answer: &Response<Bytes>) -> Result<Packed, Unfit> {
        if !is_of_type(answer, Self::MEDIA_TYPE) {
            return Err(unfit(
                "its content type is not `application/statuslist+jwt`",
            ));
        }
        let jws = self
            .signatory
            .read(std::str::from_utf8(answer.body())?.trim_ascii())?;
        if !jws.has_type(Self::TYP) {
            return Err(unfit("its `typ` is not `statuslist+jwt`"));
        }
        let members = Members::parse(jws.payload())?;
        let claims = RegisteredClaims::parse(&members)?;
        let (iat, ttl) = self.judge(uri, &claims, &members)?;
        let list = members
            .get("status_list")
            .and_then(|list| serde_json::from_str(list.get()).ok());
        let StatusListClaim { bits, lst } = list.ok_or_else(|| unfit("it has no `status_list`"))?;
        let query = jws.key_query(claims.iat);
        self.signatory.check(&jws, &query).await?;
        Ok(Packed {
            iat,
            ttl,
            exp: claims.exp,
            bits,
            zlib: URL_SAFE_NO_PAD.decode(&*lst)?,
        })
    }

    /// Unpacks a list where that keeps nobody waiting.
    async fn unpack(&self, packed: Packed, began: Began) -> Result<StatusList, Unfit> {
        let Packed { bits, zlib, .. } = packed;
        let longest = self.max_bytes;
        let unpacking = spawn_blocking(move || Statuses::unpack(bits, &zlib, longest));
        let until_exp = packed.exp.map(|exp| exp.since(began.wall));
        Ok(StatusList {
            statuses: unpacking.await??,
            began,
            iat: packed.iat,
            life: Life::granted(packed.ttl, until_exp, self.leeway),
            ends: packed.exp.map(|exp| exp.plus(self.leeway)),
        })
    }

    /// Judges what it says of itself; when it was issued, and how long it wants to be kept.
    fn judge(
        &self,
        uri: &str,
        claims: &RegisteredClaims,
        members: &Members<'_>,
    ) -> Result<(Timestamp, Option<Duration>), Unfit> {
        let now: Timestamp = self.discovery.clock.now();
        if claims.sub.as_deref() != Some(uri) {
            return Err(unfit("its `sub` is not the address that the token names"));
        }
        let issuer = &*self.discovery.issuer;
        if claims.iss.as_deref().is_some_and(|iss| iss != issuer) {
            return Err(unfit("its `iss` is not the configured issuer"));
        }
        let iat = claims.iat.ok_or_else(|| unfit("it has no `iat`"))?;
        if iat > now.plus(self.leeway) {
            return Err(unfit("its `iat` is ahead"));
        }
        if claims.exp.is_some_and(|exp| exp <= now.minus(self.leeway)) {
            return Err(unfit("its `exp` has passed"));
        }
        let Some(ttl) = members.get("ttl") else {
            return Ok((iat, None));
        };
        let seconds = serde_json::from_str(ttl.get()).ok();
        let ttl = seconds
            .filter(|seconds: &f64| *seconds > 0.0)
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        ttl.map(|ttl| (iat, Some(ttl)))
            .ok_or_else(|| unfit("its `ttl` is no positive number of seconds"))
    }
}

fn is_of_type(answer: &Response<Bytes>, expected: &str) -> bool {
    answer
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case(expected))
}

fn unfit(problem: &str) -> Unfit {
    Unfit(problem.to_owned())
}
