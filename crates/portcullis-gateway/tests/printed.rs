//! What is printed for a gateway goes with the file that it is printed from, or is not printed.
#![cfg(test)]

use std::{env, fs, process::Command};

use portcullis_gateway::{
    Config,
    forwarded::GatewayKind,
    printed::{EnvoyPlaces, GatewayAddress, PrintError, envoy, nginx, traefik},
};

const KINDS: [GatewayKind; 3] = [GatewayKind::Nginx, GatewayKind::Traefik, GatewayKind::Envoy];
/// Where `gateway = …` stands.
const LINE: usize = 4;

fn text(kind: GatewayKind) -> String {
    format!(
        r#"# Whoever asks.
[forward_auth]
listen = "127.0.0.1:9180"
gateway = "{}"
[issuer]
url = "https://id.example.com"
audience = ["orders-api"]
"#,
        kind.name()
    )
}

fn printed(config: &Config, kind: GatewayKind) -> Result<String, PrintError> {
    let address = GatewayAddress::of(config, None);
    match kind {
        GatewayKind::Traefik => traefik(config, &address),
        GatewayKind::Envoy => {
            let clients = ([127, 0, 0, 1], 8080).into();
            let places = EnvoyPlaces::new(clients, "127.0.0.1:8000".parse().unwrap());
            envoy(config, &address, &places)
        }
        _ => nginx(config, &address, None),
    }
}

#[test]
fn nothing_is_printed_for_another_gateway_than_that_of_the_file() {
    for said in KINDS {
        let config = Config::parse(&text(said)).unwrap();
        for asked in KINDS {
            let printed = printed(&config, asked);
            if said == asked {
                assert!(!printed.unwrap().is_empty());
                continue;
            }
            let line = LINE;
            let error = PrintError::OtherGateway { said, asked, line };
            assert_eq!(printed, Err(error.clone()));
            assert_eq!(error.line(), Some(LINE));
        }
    }
}

#[test]
fn the_command_line_names_file_and_line() {
    let name = format!("portcullis-gateway-printed-{}.toml", std::process::id());
    let file = env::temp_dir().join(name);
    for said in KINDS {
        fs::write(&file, text(said)).unwrap();
        for asked in KINDS {
            let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis-gateway"));
            let output = command.args(["config", asked.name()]).arg(&file).output();
            let output = output.unwrap();
            let error = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.success(), said == asked, "{error}");
            assert_eq!(output.stdout.is_empty(), said != asked);
            if said != asked {
                let place = format!("error: {}:{LINE}: ", file.display());
                assert!(error.starts_with(&place), "{error}");
                let cure = format!("print `config {}`", said.name());
                assert!(error.contains(&cure), "{error}");
            }
        }
    }
    fs::remove_file(&file).unwrap();
}
