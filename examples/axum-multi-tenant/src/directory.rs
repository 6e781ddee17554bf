use std::{collections::HashMap, sync::Arc};

use serde::{Deserialize, Deserializer};

/// One tenant, and the authorization server whose tokens are the tenant's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tenant {
    /// What the path or the host calls it.
    pub(crate) name: String,
    /// As it stands in `iss` of its tokens.
    #[serde(deserialize_with = "shared")]
    pub(crate) issuer: Arc<str>,
    /// With which the server is asked about them.
    pub(crate) client_secret: String,
}

/// The tenants there are. **It is the list**: nobody else's token, name or issuer gets any further.
///
/// Where tenants come and go while the service runs, keep a copy of the list in memory and look into
/// that: it is asked with whatever a request says, before any signature was looked at.
#[derive(Default)]
pub(crate) struct Directory {
    by_name: HashMap<String, Arc<Tenant>>,
    by_issuer: HashMap<Arc<str>, Arc<Tenant>>,
}

impl Directory {
    pub(crate) fn from_json(json: &str) -> Result<Self, String> {
        let tenants: Vec<Tenant> = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let mut directory = Self::default();
        for tenant in tenants {
            directory.add(tenant)?;
        }
        if directory.by_name.is_empty() {
            return Err("there is no tenant".to_owned());
        }
        Ok(directory)
    }

    fn add(&mut self, tenant: Tenant) -> Result<(), String> {
        if !is_label(&tenant.name) {
            let name = &tenant.name;
            return Err(format!(
                "`{name}` is no name: use small letters, digits and hyphens"
            ));
        }
        let tenant = Arc::new(tenant);
        let (name, issuer) = (tenant.name.clone(), tenant.issuer.clone());
        if self.by_issuer.insert(issuer, tenant.clone()).is_some() {
            // Two tenants with one issuer would take each other's tokens.
            return Err(format!("the issuer of `{name}` is another tenant's, too"));
        }
        match self.by_name.insert(name, tenant) {
            None => Ok(()),
            Some(other) => Err(format!("`{}` is there twice", other.name)),
        }
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Arc<Tenant>> {
        self.by_name.get(name)
    }

    pub(crate) fn of_issuer(&self, issuer: &str) -> Option<&Arc<Tenant>> {
        self.by_issuer.get(issuer)
    }

    pub(crate) fn tenants(&self) -> impl ExactSizeIterator<Item = &Arc<Tenant>> {
        self.by_name.values()
    }
}

fn shared<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<str>, D::Error> {
    String::deserialize(deserializer).map(Into::into)
}

/// What can stand in a path and as a label of a host name.
fn is_label(name: &str) -> bool {
    let is_good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&name.len()) && name.bytes().all(is_good)
}
