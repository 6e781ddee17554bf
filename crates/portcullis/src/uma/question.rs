use std::fmt;

use crate::RequirePermission;

/// All that is asked for of one resource.
#[derive(Debug, Clone)]
pub(super) struct Question {
    resource: String,
    scopes: Vec<String>,
}

impl Question {
    /// What the server is asked; nothing where a name would make another question of it. That could
    /// bring no permission that counts, and may be work for the server that a client has chosen.
    pub(super) fn about(requirement: &RequirePermission) -> Option<Self> {
        const LONGEST: usize = 1024;
        /// What stands for all resources of a type at Keycloak, its owner's or anybody's.
        const TYPES: &str = "resource-type";
        let is_plain =
            |name: &str| (1..=LONGEST).contains(&name.len()) && !name.contains(['#', ',']);
        let resource = requirement.resource();
        let is_one = is_plain(resource) && !resource.starts_with(TYPES);
        (is_one && requirement.scopes().all(is_plain)).then(|| Self {
            resource: resource.to_owned(),
            scopes: requirement.scopes().map(str::to_owned).collect(),
        })
    }
}

/// As Keycloak reads it; no two questions look alike.
impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.resource)?;
        if self.scopes.is_empty() {
            return Ok(());
        }
        write!(f, "#{}", self.scopes.join(","))
    }
}
