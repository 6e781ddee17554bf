use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use portcullis_real_servers::{built, workspace};
use tokio::sync::OnceCell;

use super::Template;
use crate::{SUITE, SuiteError};

impl Template {
    /// The template's executable, built as its README says.
    pub(super) async fn binary(self) -> Result<&'static Path, SuiteError> {
        static BINARIES: [OnceCell<PathBuf>; 2] = [const { OnceCell::const_new() }; 2];
        let [keycloak, instant_logout] = &BINARIES;
        let binary = match self {
            Self::Keycloak => keycloak,
            Self::InstantLogout => instant_logout,
        };
        let name = self.name();
        let manifest = workspace().join("examples").join(name).join("Cargo.toml");
        let arguments: [OsString; 2] = ["--manifest-path".into(), manifest.into()];
        let building = || built(&SUITE, name, arguments);
        binary.get_or_try_init(building).await.map(PathBuf::as_path)
    }
}
