use std::path::{Path, PathBuf};

use portcullis_real_servers::built;
use tokio::sync::OnceCell;

use crate::{SUITE, SuiteError};

const NAME: &str = "portcullis-gateway";

/// The executable of the forward-auth server; built by the first who asks.
pub(crate) async fn binary() -> Result<&'static Path, SuiteError> {
    static BINARY: OnceCell<PathBuf> = OnceCell::const_new();
    let building = || built(&SUITE, NAME, ["--package", NAME]);
    BINARY.get_or_try_init(building).await.map(PathBuf::as_path)
}
