//! A real nginx.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use portcullis_real_servers::{Supervised, free_port};
use tokio::net::TcpStream;

use crate::{Gateway, Installation, SUITE, SuiteError, Upstream, until};

const READY_LIMIT: Duration = Duration::from_secs(20);

/// An nginx in front of an upstream, that asks a gateway in the way that the gateway prints, but for
/// what is below `/unguarded/`. What is below `/orders/quick/` is answered by nginx itself, once it was
/// judged, and what is below `/orders/grpc/` by an upstream of `grpc_pass` with the headers that it is
/// told the caller in. Dropping it ends it.
#[derive(Debug)]
pub struct Nginx {
    port: u16,
    process: Supervised,
}

impl Nginx {
    /// Starts it and waits until it listens.
    ///
    /// # Errors
    /// [`SuiteError::Unavailable`] when there is no `nginx` on this machine; otherwise the error has the
    /// end of its log.
    pub async fn start(gateway: &Gateway, upstream: &Upstream) -> Result<Self, SuiteError> {
        Self::start_with(gateway, upstream, "").await
    }

    /// The same with what an operator has written into the `server` beside the gateway's part.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub async fn start_with(
        gateway: &Gateway,
        upstream: &Upstream,
        own: &str,
    ) -> Result<Self, SuiteError> {
        let (port, quick, grpc) = (free_port()?, free_port()?, free_port()?);
        let folder = folder(port)?;
        let parts = folder.join("portcullis");
        fs::create_dir_all(&parts).map_err(SuiteError::file("creating", &parts))?;
        for part in ["http", "server", "location", "grpc"] {
            let file = parts.join(format!("{part}.conf"));
            let text = gateway.nginx_part(part).await?;
            fs::write(&file, text).map_err(SuiteError::file("writing", &file))?;
        }
        let text = configuration(port, upstream.port(), [quick, grpc], own);
        Self::serve(port, &folder, &text).await
    }

    async fn serve(port: u16, folder: &Path, text: &str) -> Result<Self, SuiteError> {
        let installation = Installation::find()?;
        let file = folder.join("nginx.conf");
        fs::write(&file, text).map_err(SuiteError::file("writing", &file))?;
        let mut command = installation.command();
        // It has an error log before it has read which.
        command.args(["-e", "stderr"]);
        command.arg("-p").arg(folder).arg("-c").arg(&file);
        let mut process = Supervised::spawn("nginx", command, &folder.join("log"), &[])?;
        let listens = until("an nginx that listens", READY_LIMIT, async || {
            Ok(TcpStream::connect(("127.0.0.1", port)).await.ok())
        });
        // Why it has ended is worth more than that it does not listen.
        listens
            .await
            .or_else(|error| process.check().and(Err(error)))?;
        Ok(Self { port, process })
    }

    /// Where it listens.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Asks it to end, and waits until it has.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn end(self) -> Result<(), SuiteError> {
        self.process.end(READY_LIMIT).await
    }
}

fn folder(port: u16) -> Result<PathBuf, SuiteError> {
    let folder = SUITE.run_dir()?.join(format!("nginx-{port}"));
    fs::create_dir_all(&folder).map_err(SuiteError::file("creating", &folder))?;
    Ok(folder)
}

/// As an operator writes it who takes the gateway's part as it is printed.
fn configuration(port: u16, upstream: u16, [quick, grpc]: [u16; 2], own: &str) -> String {
    format!(
        r#"
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr info;
events {{
    worker_connections 1024;
}}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    keepalive_requests 100000;
    upstream service {{
        server 127.0.0.1:{upstream};
        keepalive 64;
    }}
    upstream quick {{
        server 127.0.0.1:{quick};
        keepalive 64;
    }}
    server {{
        listen 127.0.0.1:{quick};
        return 200 "served";
    }}
    server {{
        listen 127.0.0.1:{grpc} http2;
        return 200 "user: $http_x_user, token: $http_authorization, method: $http_x_http_method_override";
    }}
    include portcullis/http.conf;
    server {{
        listen 127.0.0.1:{port};
        server_name api.example;
        include portcullis/server.conf;
        {own}
        location / {{
            include portcullis/location.conf;
            proxy_set_header Host $host;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_pass http://service;
        }}
        location /orders/quick/ {{
            include portcullis/location.conf;
            proxy_set_header Host $host;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_pass http://quick;
        }}
        location /orders/grpc/ {{
            include portcullis/location.conf;
            include portcullis/grpc.conf;
            grpc_pass grpc://127.0.0.1:{grpc};
        }}
        location /unguarded/ {{
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_pass http://service;
        }}
    }}
}}
"#
    )
}
