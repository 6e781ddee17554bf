use std::path::{Path, PathBuf};

use portcullis_real_servers::template;
use tokio::sync::OnceCell;

use super::Template;
use crate::{SUITE, SuiteError};

impl Template {
    /// The template's executable.
    pub(super) async fn binary(self) -> Result<&'static Path, SuiteError> {
        static BINARIES: [OnceCell<PathBuf>; 2] = [const { OnceCell::const_new() }; 2];
        let [keycloak, instant_logout] = &BINARIES;
        let binary = match self {
            Self::Keycloak => keycloak,
            Self::InstantLogout => instant_logout,
        };
        let name = self.name();
        let building = || template(&SUITE, name);
        binary.get_or_try_init(building).await.map(PathBuf::as_path)
    }
}
