//! What a test does to resources and permissions (UMA 2.0).

use super::AuthorizationServer;

impl AuthorizationServer {
    /// Adds a resource with these scopes, or gives the one of that name other scopes. Returns its id.
    pub fn add_resource<S: Into<String>>(
        &self,
        name: &str,
        scopes: impl IntoIterator<Item = S>,
    ) -> String {
        let scopes = scopes.into_iter().map(Into::into).collect();
        self.state.permissions.add_resource(name, scopes)
    }

    /// Lets a user do this with a resource, by its name, and nothing else with it.
    pub fn grant_permission<S: Into<String>>(
        &self,
        subject: &str,
        resource: &str,
        scopes: impl IntoIterator<Item = S>,
    ) {
        let scopes = scopes.into_iter().map(Into::into).collect();
        self.state.permissions.grant(subject, resource, scopes);
    }

    /// Lets a user do nothing any more with a resource.
    pub fn withdraw_permission(&self, subject: &str, resource: &str) {
        self.state.permissions.withdraw(subject, resource);
    }
}
