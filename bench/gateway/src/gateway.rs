use std::{
    env, fs,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use portcullis_bench::Failure;
use portcullis_gateway::{
    Config, Server,
    printed::{GatewayAddress, NginxPart, nginx},
};

/// Names the file that this program serves instead of measuring.
pub(crate) const SERVE: &str = "PORTCULLIS_BENCH_GATEWAY";

/// A forward-auth server in a process of its own, until it is dropped.
pub(crate) struct Gateway {
    process: Child,
    folder: PathBuf,
    config: Config,
}

impl Gateway {
    pub(crate) fn start(issuer: &str) -> Result<Self, Failure> {
        let folder = env::temp_dir().join(format!("portcullis-bench-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let text = format!(
            r#"
[forward_auth]
gateway = "nginx"
listen = "127.0.0.1:{}"
[issuer]
kind = "keycloak"
url = "{issuer}"
audience = ["orders-api"]
[identity]
X-Auth-Subject = "subject"
X-Auth-Client = "client"
X-Auth-Roles = "/realm_access/roles"
[[rules]]
path = "/guarded/**"
"#,
            free_port()?
        );
        let config = Config::parse(&text)?;
        let file = folder.join("gateway.toml");
        fs::write(&file, text)?;
        let process = Command::new(env::current_exe()?)
            .env(SERVE, &file)
            .stdin(Stdio::null())
            .spawn()?;
        Ok(Self {
            process,
            folder,
            config,
        })
    }

    /// Where files may be left.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A part of what it prints for nginx.
    pub(crate) fn printed(&self, part: NginxPart) -> Result<String, Failure> {
        let address = GatewayAddress::of(&self.config, None);
        Ok(nginx(&self.config, &address, Some(part))?)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // Nothing of it is needed any more.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A loopback port that nobody listens on.
pub(crate) fn free_port() -> Result<u16, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// Serves until the process is ended; on one thread, as nginx beside it.
pub(crate) fn serve(file: &Path) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let server = Server::bind(file.to_owned()).await?;
        let never = std::future::pending;
        server.run(never(), never, String::new).await;
        Ok(())
    })
}
