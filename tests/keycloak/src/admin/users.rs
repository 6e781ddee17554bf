use portcullis_real_servers::text_member;
use reqwest::Method;
use serde_json::json;

use super::RealmAdmin;
use crate::SuiteError;

/// A user that a test made for itself.
#[derive(Debug, Clone)]
pub struct User {
    /// Keycloak's id, the `sub` of the tokens.
    pub id: String,
    /// What the user logs in with.
    pub name: String,
    /// And the password.
    pub password: String,
}

impl RealmAdmin {
    /// Creates a user who can log in, with these realm roles.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn create_user(&self, name: &str, realm_roles: &[&str]) -> Result<User, SuiteError> {
        let password = format!("{name}-password");
        let body = json!({
            "username": name,
            "enabled": true,
            "email": format!("{name}@shop.example"),
            "emailVerified": true,
            "firstName": name,
            "lastName": "Tester",
            "credentials": [{ "type": "password", "value": password, "temporary": false }],
        });
        let user = User {
            id: self.create("/users", &body).await?,
            name: name.to_owned(),
            password,
        };
        for role in realm_roles {
            self.grant_realm_role(&user, role).await?;
        }
        Ok(user)
    }

    /// Switches a user on or off.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn set_user_enabled(&self, user: &User, enabled: bool) -> Result<(), SuiteError> {
        self.put(
            &format!("/users/{}", user.id),
            &json!({ "enabled": enabled }),
        )
        .await
    }

    /// Gives a user another password.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn set_password(&self, user: &User, password: &str) -> Result<(), SuiteError> {
        let credential = json!({ "type": "password", "value": password, "temporary": false });
        let path = format!("/users/{}/reset-password", user.id);
        self.put(&path, &credential).await
    }

    /// Takes back what a user allowed a client, its offline sessions among it.
    ///
    /// # Errors
    /// When Keycloak refuses it, for example because the user allowed nothing.
    pub async fn revoke_consent(&self, user: &User, client_id: &str) -> Result<(), SuiteError> {
        self.delete(&format!("/users/{}/consents/{client_id}", user.id))
            .await
    }

    /// Deletes a user.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn delete_user(&self, user: &User) -> Result<(), SuiteError> {
        self.delete(&format!("/users/{}", user.id)).await
    }

    /// Gives a user a realm role.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn grant_realm_role(&self, user: &User, role: &str) -> Result<(), SuiteError> {
        self.map_realm_role(Method::POST, user, role).await
    }

    /// Takes a realm role from a user.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn remove_realm_role(&self, user: &User, role: &str) -> Result<(), SuiteError> {
        self.map_realm_role(Method::DELETE, user, role).await
    }

    /// Gives a user a role of a client.
    ///
    /// # Errors
    /// When Keycloak refuses it.
    pub async fn grant_client_role(
        &self,
        user: &User,
        client_id: &str,
        role: &str,
    ) -> Result<(), SuiteError> {
        let client = self.client_uuid(client_id).await?;
        let role = self.get(&format!("/clients/{client}/roles/{role}")).await?;
        let path = format!("/users/{}/role-mappings/clients/{client}", user.id);
        self.post(&path, &json!([role])).await
    }

    async fn map_realm_role(
        &self,
        method: Method,
        user: &User,
        role: &str,
    ) -> Result<(), SuiteError> {
        let role = self.get(&format!("/roles/{role}")).await?;
        text_member("looking up a role", &role, "id")?;
        let path = format!("/users/{}/role-mappings/realm", user.id);
        self.call(method, &path, Some(&json!([role])))
            .await
            .map(drop)
    }
}
