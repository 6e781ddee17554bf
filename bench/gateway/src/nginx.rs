use std::{
    fs,
    net::TcpStream,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use portcullis_bench::Failure;
use portcullis_gateway::printed::NginxPart;

use crate::gateway::{Gateway, free_port};

const READY_LIMIT: Duration = Duration::from_secs(10);

/// One nginx: a service, and the same service behind itself, once with `auth_request`. It ends when it
/// is dropped.
pub(crate) struct Nginx {
    process: Child,
    port: u16,
}

impl Nginx {
    pub(crate) fn start(gateway: &Gateway) -> Result<Self, Failure> {
        let (port, service) = (free_port()?, free_port()?);
        let folder = gateway.folder();
        for (name, part) in [
            ("http", NginxPart::Http),
            ("server", NginxPart::Server),
            ("location", NginxPart::Location),
        ] {
            fs::write(folder.join(format!("{name}.conf")), gateway.printed(part)?)?;
        }
        let file = folder.join("nginx.conf");
        fs::write(&file, configuration(port, service))?;
        let process = Command::new("nginx")
            .args(["-e", "stderr"])
            .arg("-p")
            .arg(folder)
            .arg("-c")
            .arg(&file)
            .stdin(Stdio::null())
            .spawn()
            .map_err(|error| format!("nginx cannot be started: {error}"))?;
        let nginx = Self { process, port };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if began.elapsed() > READY_LIMIT {
                return Err("nginx does not listen".into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(nginx)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Killed, the first process would leave its workers behind.
        let id = self.process.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        let _ = self.process.wait();
    }
}

fn configuration(port: u16, service: u16) -> String {
    let guarded = |path: &str, auth: &str| {
        format!(
            r#"
        location {path} {{
            {auth}
            proxy_set_header Host $host;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_pass http://service;
        }}"#
        )
    };
    format!(
        r#"
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr error;
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
    keepalive_requests 100000000;
    upstream service {{
        server 127.0.0.1:{service};
        keepalive 64;
        keepalive_requests 100000000;
    }}
    include http.conf;
    server {{
        listen 127.0.0.1:{service};
        return 200 "served";
    }}
    server {{
        listen 127.0.0.1:{port};
        include server.conf;{}{}
    }}
}}
"#,
        guarded("/guarded/", "include location.conf;"),
        guarded("/bare/", ""),
    )
}
