//! No token and no secret in any log line, in any Debug or in any error.

mod answers;
mod assertions;
mod bearer;
mod certificates;
mod client_methods;
mod echo;
mod everything;
mod outages;
mod paths;
mod phantom_tokens;
mod printed;
mod printed_credentials;
mod private_keys;
mod refused_keys;
mod refused_settings;
mod requests;
mod scene;
mod secrets;
mod security_events;
mod signed_answers;
mod starts;
