//! Resources, who may do what with them, and tickets: User-Managed Access 2.0 as Keycloak has it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};

use crate::{lock::Lock, random};

#[derive(Debug, Default)]
pub(crate) struct Permissions(Lock<Known>);

#[derive(Debug, Default)]
struct Known {
    /// By their names.
    resources: BTreeMap<String, Resource>,
    /// By users and names of resources.
    granted: HashMap<(String, String), BTreeSet<String>>,
    tickets: HashMap<String, Vec<PermissionRequest>>,
}

#[derive(Debug, Clone)]
struct Resource {
    id: String,
    scopes: BTreeSet<String>,
}

/// What is asked for: scopes of a resource, all that there are if none is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PermissionRequest {
    /// A name or an id.
    pub(crate) resource: String,
    pub(crate) scopes: BTreeSet<String>,
}

/// Why something cannot be asked for, by Keycloak's code for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnknownPermission {
    Resource,
    Scope,
}

impl Permissions {
    /// Adds a resource, or gives the one of that name other scopes; its id.
    pub(crate) fn add_resource(&self, name: &str, scopes: BTreeSet<String>) -> String {
        let mut known = self.0.lock();
        let resource = known.resources.entry(name.to_owned());
        let resource = resource.or_insert_with(|| Resource {
            id: random::uuid(),
            scopes: BTreeSet::new(),
        });
        resource.scopes = scopes;
        resource.id.clone()
    }

    pub(crate) fn grant(&self, subject: &str, resource: &str, scopes: BTreeSet<String>) {
        let entry = (subject.to_owned(), resource.to_owned());
        self.0.lock().granted.insert(entry, scopes);
    }

    pub(crate) fn withdraw(&self, subject: &str, resource: &str) {
        let entry = (subject.to_owned(), resource.to_owned());
        self.0.lock().granted.remove(&entry);
    }

    /// A ticket for what is asked for.
    pub(crate) fn issue_ticket(
        &self,
        requests: Vec<PermissionRequest>,
    ) -> Result<String, UnknownPermission> {
        let mut known = self.0.lock();
        for request in &requests {
            known.look_up(request)?;
        }
        let ticket = random::opaque();
        known.tickets.insert(ticket.clone(), requests);
        Ok(ticket)
    }

    /// What a ticket was issued for. It is good once.
    pub(crate) fn take_ticket(&self, ticket: &str) -> Option<Vec<PermissionRequest>> {
        self.0.lock().tickets.remove(ticket)
    }

    /// What a user may do of what is asked for, as it stands in a token; of everything if nothing is.
    pub(crate) fn evaluate(
        &self,
        subject: &str,
        requests: &[PermissionRequest],
    ) -> Result<Vec<Value>, UnknownPermission> {
        let known = self.0.lock();
        if requests.is_empty() {
            let all = known.resources.iter();
            return Ok(all
                .filter_map(|(name, resource)| known.granted(subject, name, resource, None))
                .collect());
        }
        let mut permissions = Vec::new();
        for request in requests {
            let (name, resource) = known.look_up(request)?;
            let wanted = Some(&request.scopes).filter(|scopes| !scopes.is_empty());
            permissions.extend(known.granted(subject, name, resource, wanted));
        }
        Ok(permissions)
    }
}

impl Known {
    fn look_up(&self, request: &PermissionRequest) -> Result<(&str, &Resource), UnknownPermission> {
        let wanted = request.resource.as_str();
        let mut all = self.resources.iter();
        let found = all.find(|(name, resource)| *name == wanted || resource.id == wanted);
        let (name, resource) = found.ok_or(UnknownPermission::Resource)?;
        if request.scopes.is_subset(&resource.scopes) {
            Ok((name, resource))
        } else {
            Err(UnknownPermission::Scope)
        }
    }

    /// One permission, if the user has any of it.
    fn granted(
        &self,
        subject: &str,
        name: &str,
        resource: &Resource,
        wanted: Option<&BTreeSet<String>>,
    ) -> Option<Value> {
        let entry = (subject.to_owned(), name.to_owned());
        let granted = self.granted.get(&entry)?;
        let of_resource = granted.intersection(&resource.scopes);
        let scopes: Vec<&String> = of_resource
            .filter(|scope| wanted.is_none_or(|wanted| wanted.contains(*scope)))
            .collect();
        if wanted.is_some() && scopes.is_empty() {
            return None;
        }
        Some(json!({ "scopes": scopes, "rsid": resource.id, "rsname": name }))
    }
}
