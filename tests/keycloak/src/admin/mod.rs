//! Keycloak's admin REST API, as much of it as tests need.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use portcullis_real_servers::{expect_success, http_client_with, json, text_member};
use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use crate::{SuiteError, realm, server};

mod clients;
mod keys;
mod levels;
mod lifespans;
mod not_before;
mod resources;
mod sessions;
mod signals;
mod users;

pub use self::{not_before::Delivery, users::User};

/// To create a realm takes a second, and on a machine with other things to do a minute.
const PATIENCE: Duration = Duration::from_secs(120);
/// The administrator's tokens live for a minute.
const RENEW_AFTER: Duration = Duration::from_secs(30);

/// The bootstrap administrator of a server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Admin {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    base_url: String,
    http: reqwest::Client,
    token: Mutex<Option<(String, Instant)>>,
}

impl Admin {
    pub(crate) fn new(base_url: &str) -> Result<Self, SuiteError> {
        Ok(Self {
            inner: Arc::new(Inner {
                base_url: base_url.to_owned(),
                http: http_client_with(|client| client.timeout(PATIENCE))?,
                token: Mutex::default(),
            }),
        })
    }

    /// Creates the realm `shop` under the name `name`.
    ///
    /// # Errors
    /// When Keycloak refuses it, for example because there is one of that name.
    pub async fn import_shop(&self, name: &str) -> Result<RealmAdmin, SuiteError> {
        let shop = serde_json::from_str(realm::SHOP).unwrap_or_default();
        self.import_realm(name, shop).await
    }

    /// Creates the realm of this document under the name `name`.
    ///
    /// # Errors
    /// When Keycloak refuses it, for example because there is one of that name.
    pub async fn import_realm(
        &self,
        name: &str,
        mut document: Map<String, Value>,
    ) -> Result<RealmAdmin, SuiteError> {
        document.insert("realm".to_owned(), json!(name));
        let document = Value::Object(document);
        self.send(Method::POST, "/admin/realms", Some(&document))
            .await?;
        Ok(self.realm(name))
    }

    /// The administrator at work in the realm `name`.
    #[must_use]
    pub fn realm(&self, name: &str) -> RealmAdmin {
        RealmAdmin {
            admin: self.clone(),
            name: name.to_owned(),
        }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response, SuiteError> {
        let doing = format!("{method} {path}");
        let mut request = self
            .inner
            .http
            .request(method, format!("{}{path}", self.inner.base_url))
            .bearer_auth(self.token().await?);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(SuiteError::http(&doing))?;
        expect_success(&doing, response).await
    }

    async fn token(&self) -> Result<String, SuiteError> {
        let mut held = self.inner.token.lock().await;
        if let Some((token, since)) = held.as_ref()
            && since.elapsed() < RENEW_AFTER
        {
            return Ok(token.clone());
        }
        let doing = "logging the administrator in";
        let url = format!(
            "{}/realms/master/protocol/openid-connect/token",
            self.inner.base_url
        );
        let form = [
            ("grant_type", "password"),
            ("client_id", "admin-cli"),
            ("username", server::ADMIN),
            ("password", server::PASSWORD),
        ];
        let response = self
            .inner
            .http
            .post(url)
            .form(&form)
            .send()
            .await
            .map_err(SuiteError::http(doing))?;
        let answer = json(doing, response).await?;
        let token = text_member(doing, &answer, "access_token")?;
        *held = Some((token.clone(), Instant::now()));
        Ok(token)
    }
}

/// The administrator at work in one realm.
#[derive(Debug, Clone)]
pub struct RealmAdmin {
    admin: Admin,
    name: String,
}

impl RealmAdmin {
    /// Deletes the realm.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn delete_realm(&self) -> Result<(), SuiteError> {
        self.delete("").await
    }

    /// Switches the realm on or off.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn set_realm_enabled(&self, enabled: bool) -> Result<(), SuiteError> {
        self.patch_realm(&json!({ "enabled": enabled })).await
    }

    /// Sets the address that the realm is known under, the host of its `iss`.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn set_frontend_url(&self, url: &str) -> Result<(), SuiteError> {
        self.patch_realm(&json!({ "attributes": { "frontendUrl": url } }))
            .await
    }

    /// Changes the members of the realm that `changes` has; what it leaves out stays.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn patch_realm(&self, changes: &Value) -> Result<(), SuiteError> {
        self.put("", changes).await
    }

    async fn get(&self, path: &str) -> Result<Value, SuiteError> {
        let response = self.call(Method::GET, path, None).await?;
        json(path, response).await
    }

    async fn put(&self, path: &str, body: &Value) -> Result<(), SuiteError> {
        self.call(Method::PUT, path, Some(body)).await.map(drop)
    }

    async fn post(&self, path: &str, body: &Value) -> Result<(), SuiteError> {
        self.call(Method::POST, path, Some(body)).await.map(drop)
    }

    async fn delete(&self, path: &str) -> Result<(), SuiteError> {
        self.call(Method::DELETE, path, None).await.map(drop)
    }

    /// Creates something and answers its id, which Keycloak tells in `Location`.
    async fn create(&self, path: &str, body: &Value) -> Result<String, SuiteError> {
        let response = self.call(Method::POST, path, Some(body)).await?;
        let location = response.headers().get(header::LOCATION);
        location
            .and_then(|location| location.to_str().ok())
            .and_then(|location| location.rsplit('/').next())
            .map(str::to_owned)
            .ok_or_else(|| SuiteError::Status {
                doing: format!("POST {path}, which should have a Location"),
                status: StatusCode::CREATED,
                body: String::new(),
            })
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response, SuiteError> {
        let path = format!("/admin/realms/{}{path}", self.name);
        self.admin.send(method, &path, body).await
    }
}
